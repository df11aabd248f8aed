import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '#shared/model/endpoint.ts';
import type { BackendMode, MembersRule } from '#shared/model/members-source.ts';
import type { NodeFacts } from '#shared/model/nodes.ts';
import { digestOf, type MembersWish, type WantedServer, wantedKey, wantedServers } from '#shared/model/wanted-servers.ts';

const endpoint = (draft: Partial<Endpoint> = {}): Endpoint => ({
  address: '10.64.0.1',
  family: 'IPv4',
  port: 8080,
  portName: 'http',
  ready: true,
  serving: true,
  terminating: false,
  podName: 'pod-1',
  nodeName: 'node-1',
  ...draft,
});

const node = (name: string, draft: Partial<NodeFacts> = {}): NodeFacts => ({
  name,
  instanceId: `i-${name}`,
  internalIp: '',
  virtual: false,
  usable: true,
  schedulable: true,
  labels: {},
  ...draft,
});

const pod = (number: number, draft: Partial<Endpoint> = {}): Endpoint =>
  endpoint({ address: `10.64.0.${number}`, podName: `pod-${number}`, ...draft });
const leaving = { ready: false, serving: true, terminating: true };
const gone = { ready: false, serving: false, terminating: true };
const starting = { ready: false, serving: false, terminating: false };

const rule = (mode: BackendMode, own: Partial<MembersRule> = {}): MembersRule => ({
  portName: 'http',
  mode,
  ...(mode === 'cluster' || mode === 'local' ? { nodePort: 30_080 } : {}),
  ...own,
});

/** `interface 10.64.0.1:8080 x100` */
const text = (one: WantedServer): string =>
  `${one.kind} ${one.kind === 'instance' && one.instanceId !== '' ? one.instanceId : one.ip}:${one.port} x${one.weight}`;
const wanted = (of: MembersRule, wish: Partial<MembersWish>): readonly string[] =>
  wantedServers(of, { endpoints: [], nodes: [], ...wish }).map(text);

const eni = (number: number, weight = 100): string => `interface 10.64.0.${number}:8080 x${weight}`;

describe('pods by address', () => {
  it.each<readonly [string, readonly Endpoint[], readonly string[]]>([
    ['none', [], []],
    ['ready ones', [pod(1), pod(2)], [eni(1), eni(2)]],
    ['not those that start', [pod(1), pod(2, starting)], [eni(1)]],
    ['not those that leave while another one is ready', [pod(1), pod(2, leaving)], [eni(1)]],
    ['those that leave where no other one is ready', [pod(1, leaving), pod(2, starting), pod(3, gone)], [eni(1)]],
    ['none of those that have stopped', [pod(1, gone)], []],
    ['one that is no Pod', [pod(1, { podName: '', nodeName: '' })], [eni(1)]],
    ['one that stands in two slices', [pod(1), pod(1)], [eni(1)]],
    ['not those of other ports', [pod(1), pod(2, { portName: 'metrics' })], [eni(1)]],
    ['not those of another family', [pod(1), endpoint({ address: 'fd00::1', family: 'IPv6' })], [eni(1)]],
    ['one port that has different numbers in different pods', [pod(1), pod(2, { port: 9090 })], [eni(1), 'interface 10.64.0.2:9090 x100']],
    ['two ports of one name in one pod', [pod(1), pod(1, { port: 9090 })], [eni(1), 'interface 10.64.0.1:9090 x100']],
  ])('are %s', (_what, endpoints, servers) => {
    expect(wanted(rule('eni'), { endpoints })).toEqual(servers);
    expect(wanted(rule('ip'), { endpoints })).toEqual(servers.map((one) => one.replace('interface', 'address')));
  });

  it('are of IPv6 where the Service is', () => {
    const endpoints = [pod(1), endpoint({ address: 'fd00::1', family: 'IPv6' })];
    expect(wanted(rule('eni', { family: 'IPv6' }), { endpoints })).toEqual(['interface fd00::1:8080 x100']);
  });

  it('are those of an unnamed port', () => {
    expect(wanted(rule('eni', { portName: '' }), { endpoints: [pod(1), pod(2, { portName: '' })] })).toEqual([eni(2)]);
  });

  it('keep their names, whichever slice comes first', () => {
    const twice = [pod(1, { podName: '' }), pod(1)];
    for (const endpoints of [twice, [...twice].reverse()]) {
      expect(wantedServers(rule('eni'), { endpoints, nodes: [] })).toMatchObject([{ podName: 'pod-1' }]);
    }
  });

  it('do not depend on nodes', () => {
    expect(wanted(rule('eni'), { endpoints: [pod(1)], nodes: [node('node-1', { usable: false })] })).toEqual([eni(1)]);
  });
});

describe('pods that wait for a gate of ours', () => {
  const due = new Set(['pod-2', 'pod-3', '']);

  it('count beside those that are ready', () => {
    expect(wanted(rule('eni'), { endpoints: [pod(1), pod(2, starting)], due })).toEqual([eni(1), eni(2)]);
  });

  it('do not send away those that leave while nobody is ready', () => {
    expect(wanted(rule('eni'), { endpoints: [pod(1, leaving), pod(2, starting)], due })).toEqual([eni(1), eni(2)]);
  });

  it('do not count when they are on their way out, nor when they are no Pods', () => {
    const endpoints = [pod(1), pod(2, gone), pod(4, { ...starting, podName: '' })];
    expect(wanted(rule('eni'), { endpoints, due })).toEqual([eni(1)]);
  });

  it('count on their nodes', () => {
    const endpoints = [pod(1), pod(2, starting)];
    expect(wanted(rule('local'), { endpoints, nodes: [node('node-1')], due })).toEqual(['instance i-node-1:30080 x2']);
  });

  it('are not in the digest, which who knows no Pods must come to as well', () => {
    const wish = { endpoints: [pod(1), pod(2, starting)], nodes: [] };
    expect(digestOf(rule('eni'), { ...wish, due })).toBe(digestOf(rule('eni'), wish));
  });
});

const nodes = [node('node-1'), node('node-2'), node('virtual', { virtual: true, instanceId: '' })];
const onVirtual = { nodeName: 'virtual' };

describe('nodes of policy Cluster', () => {
  const both = ['instance i-node-1:30080 x100', 'instance i-node-2:30080 x100'];

  it.each<readonly [string, readonly Endpoint[], readonly string[]]>([
    ['all of them without a pod', [], both],
    ['all of them with pods on some', [pod(1), pod(2)], both],
    ['all of them, and pods on virtual nodes', [pod(1), pod(2, onVirtual)], [...both, eni(2)]],
    ['all of them, and not what leaves a virtual node while another pod is ready', [pod(1), pod(2, { ...onVirtual, ...leaving })], both],
    ['all of them, and what leaves a virtual node last', [pod(2, { ...onVirtual, ...leaving })], [...both, eni(2)]],
  ])('are %s', (_what, endpoints, servers) => {
    expect(wanted(rule('cluster'), { endpoints, nodes })).toEqual(servers);
  });

  it('are those that the Service wants', () => {
    const some = [
      node('a', { labels: { pool: 'edge' } }),
      node('b', { labels: { pool: 'edge' }, schedulable: false }),
      node('c'),
      node('d', { labels: { pool: 'edge' }, usable: false }),
    ];
    expect(wanted(rule('cluster', { nodeLabels: { pool: 'edge' } }), { nodes: some })).toEqual([
      'instance i-a:30080 x100',
      'instance i-b:30080 x100',
    ]);
    expect(wanted(rule('cluster', { nodeLabels: { pool: 'edge' }, schedulableOnly: true }), { nodes: some })).toEqual([
      'instance i-a:30080 x100',
    ]);
  });

  it('are asked for by address where the instance is not known', () => {
    const some = [node('a', { instanceId: '', internalIp: '10.0.0.1' }), node('b', { instanceId: '', internalIp: '10.0.0.2' })];
    expect(wanted(rule('cluster'), { nodes: some })).toEqual(['instance 10.0.0.1:30080 x100', 'instance 10.0.0.2:30080 x100']);
  });
});

describe('nodes of policy Local', () => {
  const on = (name: string, draft: Partial<Endpoint> = {}): Partial<Endpoint> => ({ nodeName: name, ...draft });

  it.each<readonly [string, readonly Endpoint[], readonly string[]]>([
    ['none without a pod', [], []],
    ['those with a pod, by how many', [pod(1), pod(2), pod(3, on('node-2'))], ['instance i-node-1:30080 x2', 'instance i-node-2:30080 x1']],
    ['counted once for a pod in two slices', [pod(1), pod(1)], ['instance i-node-1:30080 x1']],
    ['those with ready pods only', [pod(1), pod(2, on('node-2', starting))], ['instance i-node-1:30080 x1']],
    ['not those whose pods leave while others are ready', [pod(1), pod(2, on('node-2', leaving))], ['instance i-node-1:30080 x1']],
    ['those whose pods leave last', [pod(1, leaving), pod(2, on('node-2', gone))], ['instance i-node-1:30080 x1']],
    ['joined by pods on virtual nodes, each as one', [pod(1), pod(2), pod(3, onVirtual)], ['instance i-node-1:30080 x2', eni(3, 1)]],
    ['none for pods of which the node is not known', [pod(1, on('')), pod(2, on('elsewhere'))], []],
  ])('are %s', (_what, endpoints, servers) => {
    expect(wanted(rule('local'), { endpoints, nodes })).toEqual(servers);
  });

  it('weigh no more than a server may', () => {
    const endpoints = Array.from({ length: 101 }, (_, index) => pod(index));
    expect(wanted(rule('local'), { endpoints, nodes })).toEqual(['instance i-node-1:30080 x100']);
  });

  it('that may not be servers are left out, and so are their pods: those that leave elsewhere serve meanwhile', () => {
    const some = [node('node-1', { schedulable: false }), node('node-2')];
    const endpoints = [pod(1), pod(2, on('node-2', leaving))];
    expect(wanted(rule('local'), { endpoints, nodes: some })).toEqual(['instance i-node-1:30080 x1']);
    expect(wanted(rule('local', { schedulableOnly: true }), { endpoints, nodes: some })).toEqual(['instance i-node-2:30080 x1']);
  });
});

const small = fc.integer({ min: 1, max: 4 });
const endpoints: fc.Arbitrary<readonly Endpoint[]> = fc.array(
  fc.record({
    address: small.map((number) => `10.64.0.${number}`),
    family: fc.constantFrom('IPv4', 'IPv6'),
    port: fc.constantFrom(8080, 9090),
    portName: fc.constantFrom('http', 'other'),
    ready: fc.boolean(),
    serving: fc.boolean(),
    terminating: fc.boolean(),
    podName: fc.constantFrom('', 'pod-1', 'pod-2'),
    nodeName: fc.constantFrom('', 'node-1', 'node-2', 'node-3', 'node-4'),
  }),
  { maxLength: 12 },
);
const someNodes: fc.Arbitrary<readonly NodeFacts[]> = fc.uniqueArray(
  fc.record({
    name: small.map((number) => `node-${number}`),
    instanceId: fc.constantFrom('', 'i-1', 'i-2', 'i-3'),
    internalIp: fc.constantFrom('', '10.0.0.1', '10.0.0.2'),
    virtual: fc.boolean(),
    usable: fc.boolean(),
    schedulable: fc.boolean(),
    labels: fc.constantFrom({}, { pool: 'edge' }),
  }),
  { selector: (one) => one.name },
);
const rules: fc.Arbitrary<MembersRule> = fc
  .record({ mode: fc.constantFrom<BackendMode>('eni', 'ip', 'cluster', 'local'), labelled: fc.boolean(), cordon: fc.boolean() })
  .map(({ mode, labelled, cordon }) =>
    rule(mode, { ...(labelled ? { nodeLabels: { pool: 'edge' } } : {}), ...(cordon ? { schedulableOnly: true } : {}) }),
  );
const due = fc.subarray(['pod-1', 'pod-2']).map((names) => new Set(names));

describe('whatever endpoints and nodes there are', () => {
  const world = fc.record({ of: rules, endpoints, nodes: someNodes, due });

  it('each server stands once, with a weight that it may have, and can be found', () => {
    fc.assert(
      fc.property(world, ({ of, ...wish }) => {
        const servers = wantedServers(of, wish);
        expect(new Set(servers.map(wantedKey)).size).toBe(servers.length);
        for (const one of servers) {
          expect(one.weight).toBeGreaterThanOrEqual(1);
          expect(one.weight).toBeLessThanOrEqual(100);
          expect(one.kind === 'instance' ? one.instanceId + one.ip : one.ip).not.toBe('');
        }
      }),
    );
  });

  it('their order does not matter', () => {
    const shuffled = world.chain((one) =>
      fc.record({
        one: fc.constant(one),
        endpoints: fc.shuffledSubarray([...one.endpoints], { minLength: one.endpoints.length }),
        nodes: fc.shuffledSubarray([...one.nodes], { minLength: one.nodes.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ one: { of, ...wish }, ...other }) => {
        expect(wantedServers(of, { ...wish, ...other })).toEqual(wantedServers(of, wish));
      }),
    );
  });

  it('digests are equal for equal servers and weights, and for no others', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ endpoints, nodes: someNodes }), { minLength: 2, maxLength: 8 }), rules, (wishes, of) => {
        const pairs = wishes.map((wish) => ({ digest: digestOf(of, wish), servers: wantedServers(of, wish).map(text).join() }));
        for (const one of pairs) {
          for (const other of pairs) expect(one.digest === other.digest).toBe(one.servers === other.servers);
        }
      }),
    );
  });

  it('who is ready by address is a server, and who neither is ready nor leaves nor waits for us is none', () => {
    fc.assert(
      fc.property(endpoints, due, (some, waiting) => {
        const servers = new Set(wantedServers(rule('eni'), { endpoints: some, nodes: [], due: waiting }).map(wantedKey));
        const mine = some.filter((one) => one.family === 'IPv4' && one.portName === 'http');
        const keysOf = (those: readonly Endpoint[]): readonly string[] => those.map((one) => `interface ${one.address} ${one.port}`);
        for (const key of keysOf(mine.filter((one) => one.ready))) expect(servers.has(key)).toBe(true);
        const countable = mine.filter((one) => one.ready || one.terminating || waiting.has(one.podName));
        for (const key of servers) expect(keysOf(countable)).toContain(key);
      }),
    );
  });
});
