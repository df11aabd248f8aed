/** Everything the emulator holds, in memory only. */
import { type Network, networkOf } from './network.ts';
import type { JobRecord, ListenerRecord, LoadBalancerRecord, RuleRecord, ServerGroupRecord, VSwitch } from './records.ts';
import { createTable, type Table } from './table.ts';
import type { LocalInterface } from './view.ts';

export interface State {
  readonly loadBalancers: Table<LoadBalancerRecord>;
  readonly listeners: Table<ListenerRecord>;
  readonly rules: Table<RuleRecord>;
  readonly serverGroups: Table<ServerGroupRecord>;
  readonly jobs: Table<JobRecord>;
  readonly vSwitches: readonly VSwitch[];
  /** What the local node says there is on the network. */
  network(): Network;
  setInterfaces(interfaces: readonly LocalInterface[]): void;
  /** Groups that still count as in use after a reference went: until when, in Unix ms, by group id. */
  readonly lingering: Map<string, number>;
  nextSeq(): number;
  /** Another one after every change, so that what was derived can be kept as long as it stands. */
  version(): number;
  onChange(listener: () => void): () => void;
}

/** The network of the local cloud (DESIGN 9): one VPC with a vSwitch in each of two zones. */
const localVpc = 'vpc-local';

const vSwitchesOf = (region: string): readonly VSwitch[] =>
  ['a', 'b'].map((zone, index) => ({
    seq: index + 1,
    VSwitchId: `vsw-local-${zone}`,
    VSwitchName: `local-${zone}`,
    VpcId: localVpc,
    ZoneId: `${region}-${zone}`,
    CidrBlock: `10.${64 + index * 32}.0.0/11`,
    AvailableIpAddressCount: 4096,
  }));

/** An account without any ALB. */
export function createState(region: string): State {
  const listeners = new Set<() => void>();
  let version = 0;
  const changed = () => {
    version += 1;
    for (const listener of listeners) listener();
  };
  let network = networkOf([]);
  let seq = 0;
  return {
    loadBalancers: createTable(changed),
    listeners: createTable(changed),
    rules: createTable(changed),
    serverGroups: createTable(changed),
    // Jobs route no traffic: their changes are nobody's news.
    jobs: createTable(() => undefined),
    vSwitches: vSwitchesOf(region),
    network: () => network,
    setInterfaces: (wanted) => {
      network = networkOf(wanted);
      changed();
    },
    lingering: new Map(),
    nextSeq: () => {
      seq += 1;
      return seq;
    },
    version: () => version,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
