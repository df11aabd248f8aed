/** The nodes of the local cluster, as machines: what they are called, and where they stand. */
import { virtualNodeLabel } from '#shared/model/nodes.ts';

export interface LocalNode {
  readonly name: string;
  /** An address of the VPC, outside the range of pods; not one of loopback, which the API refuses in places. */
  readonly address: string;
  /** Empty: there is no machine behind it (a virtual node). */
  readonly instanceId: string;
  /** Last letter of its zone. */
  readonly zone: 'a' | 'b';
  /** Its pods stand in both zones: where there is one node, it stands for a cluster. */
  readonly spread: boolean;
  /** Labels that only this kind of node has. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The most that a laptop is asked to play. */
export const mostNodes = 20;

const machine =
  (count: number) =>
  (_: unknown, index: number): LocalNode => ({
    name: index === 0 ? 'local-node' : `local-node-${index + 1}`,
    address: `192.168.64.${index + 1}`,
    instanceId: `i-local${String(index + 1).padStart(14, '0')}`,
    zone: index % 2 === 0 ? 'a' : 'b',
    spread: count === 1,
    labels: {},
  });

const virtual: LocalNode = {
  name: 'virtual-node',
  address: '192.168.64.254',
  instanceId: '',
  zone: 'a',
  spread: true,
  labels: { [virtualNodeLabel.key]: virtualNodeLabel.value },
};

/** As many machines, in turn in one zone and the other, and with `virtualNode` one node that stands for a container service. */
export const localNodes = (count: number, virtualNode: boolean): readonly LocalNode[] => [
  ...Array.from({ length: count }, machine(count)),
  ...(virtualNode ? [virtual] : []),
];

export const isVirtual = (node: LocalNode): boolean => node.instanceId === '';
