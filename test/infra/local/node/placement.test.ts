import { describe, expect, it } from 'vitest';
import { localNodes } from '#infra/local/node/nodes.ts';
import type { Pod } from '#infra/local/node/objects.ts';
import { type NodeObject, placeFor } from '#infra/local/node/placement.ts';

const aNode = (name: string, spec: NodeObject['spec'] = {}, labels: Readonly<Record<string, string>> = {}): NodeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec,
});

const aPod = (spec: Partial<Pod['spec']> = {}, labels: Readonly<Record<string, string>> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'tea', namespace: 'default', labels },
  spec: { containers: [], ...spec },
});

const empty = () => 0;
const taint = { key: 'team', value: 'tea', effect: 'NoSchedule' };
const virtual = aNode('virtual-node', {}, { type: 'virtual-kubelet' });

describe('where a pod goes', () => {
  it('is the node with the fewest pods, the first by name among equals', () => {
    const nodes = ['c', 'a', 'b'].map((name) => aNode(name));
    expect(placeFor(aPod(), nodes, empty)).toBe('a');
    expect(placeFor(aPod(), nodes, (name) => ({ a: 2, b: 1, c: 1 })[name] ?? 0)).toBe('b');
  });

  it.each<[string, Pod, NodeObject, string | undefined]>([
    ['cordoned', aPod(), aNode('a', { unschedulable: true }), undefined],
    ['without the label it selects', aPod({ nodeSelector: { disk: 'ssd' } }), aNode('a'), undefined],
    ['with the label it selects', aPod({ nodeSelector: { disk: 'ssd' } }), aNode('a', {}, { disk: 'ssd' }), 'a'],
    ['with a taint', aPod(), aNode('a', { taints: [taint] }), undefined],
    ['with a taint that is a wish', aPod(), aNode('a', { taints: [{ ...taint, effect: 'PreferNoSchedule' }] }), 'a'],
    ['with a taint it tolerates', aPod({ tolerations: [{ key: 'team', value: 'tea' }] }), aNode('a', { taints: [taint] }), 'a'],
    ['with a taint of another value', aPod({ tolerations: [{ key: 'team', value: 'milk' }] }), aNode('a', { taints: [taint] }), undefined],
    ['with any taint, tolerated', aPod({ tolerations: [{ operator: 'Exists' }] }), aNode('a', { taints: [taint] }), 'a'],
    ['virtual, unasked for', aPod(), virtual, undefined],
    ['virtual, asked for by label', aPod({}, { 'alibabacloud.com/eci': 'true' }), virtual, 'virtual-node'],
    ['virtual, asked for by selector', aPod({ nodeSelector: { type: 'virtual-kubelet' } }), virtual, 'virtual-node'],
    ['a machine, when a virtual one is asked for', aPod({}, { 'alibabacloud.com/eci': 'true' }), aNode('a'), undefined],
  ])('is or is not a node %s', (_, pod, node, expected) => {
    expect(placeFor(pod, [node], empty)).toBe(expected);
  });
});

describe('the local nodes', () => {
  it('differ in name, address and instance, and stand in both zones', () => {
    const nodes = localNodes(20, true);
    for (const member of ['name', 'address', 'instanceId'] as const) expect(new Set(nodes.map((node) => node[member])).size).toBe(21);
    expect(nodes.slice(0, 3).map(({ name, zone }) => `${name} ${zone}`)).toEqual(['local-node a', 'local-node-2 b', 'local-node-3 a']);
    expect(nodes.at(-1)).toMatchObject({ instanceId: '', labels: { type: 'virtual-kubelet' } });
  });
});
