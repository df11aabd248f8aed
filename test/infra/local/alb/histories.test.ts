/** Random histories of calls and time: whatever is asked in whatever order, what is held stays consistent. */
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { type Ids, rule, sample, server, type WireParams } from './samples.ts';

let cloud: CloudUnderTest;
afterEach(() => cloud.service.stop());

type Item = Readonly<Record<string, unknown>>;
interface Held {
  readonly loadBalancers: readonly Item[];
  readonly listeners: readonly Item[];
  readonly rules: readonly Item[];
  readonly serverGroups: readonly Item[];
  readonly jobs: readonly Item[];
}

// The door's JSON, in the shapes of snapshot.ts.
const held = async () => (await cloud.state()) as unknown as Held;
const pick = (items: readonly Item[], index: number, id: string): string =>
  String(items[index % Math.max(1, items.length)]?.[id] ?? 'none');

interface Move {
  readonly what: string;
  readonly which: number;
  readonly other: number;
  /** After the call: long enough for its work, or not. */
  readonly pauseMs: number;
}

/** How often each move was let through: a history of refusals would prove nothing. */
let done = new Map<string, number>();

const calls: Readonly<Record<string, (ids: Ids, other: number) => readonly [string, WireParams]>> = {
  balancer: () => ['CreateLoadBalancer', sample('CreateLoadBalancer')],
  dropBalancer: (ids) => ['DeleteLoadBalancer', sample('DeleteLoadBalancer', ids)],
  rename: (ids) => ['UpdateLoadBalancerAttribute', sample('UpdateLoadBalancerAttribute', ids)],
  group: () => ['CreateServerGroup', sample('CreateServerGroup')],
  dropGroup: (ids) => ['DeleteServerGroup', sample('DeleteServerGroup', ids)],
  listener: (ids, other) => ['CreateListener', { ...sample('CreateListener', ids), ListenerPort: 80 + (other % 2) }],
  dropListener: (ids) => ['DeleteListener', sample('DeleteListener', ids)],
  stop: (ids) => ['StopListener', sample('StopListener', ids)],
  repoint: (ids) => ['UpdateListenerAttribute', sample('UpdateListenerAttribute', ids)],
  rules: (ids, other) => [
    'CreateRules',
    { ListenerId: ids.listenerId, Rules: [rule(1 + other, ids.serverGroupId), rule(2 + other, ids.serverGroupId)] },
  ],
  move: (ids, other) => ['UpdateRulesAttribute', { Rules: [{ RuleId: ids.ruleId, ...rule(1 + other, ids.serverGroupId) }] }],
  dropRule: (ids) => ['DeleteRules', { RuleIds: [ids.ruleId] }],
  add: (ids, other) => ['AddServersToServerGroup', { ServerGroupId: ids.serverGroupId, Servers: [server(1 + (other % 2))] }],
  drop: (ids, other) => ['RemoveServersFromServerGroup', { ServerGroupId: ids.serverGroupId, Servers: [server(1 + (other % 2))] }],
};

async function idsFor(move: Move): Promise<Ids> {
  const { loadBalancers, listeners, rules, serverGroups } = await held();
  return {
    loadBalancerId: pick(loadBalancers, move.which, 'LoadBalancerId'),
    listenerId: pick(listeners, move.which, 'ListenerId'),
    ruleId: pick(rules, move.which, 'RuleId'),
    serverGroupId: pick(serverGroups, move.other, 'ServerGroupId'),
  };
}

async function play(moves: readonly Move[]): Promise<void> {
  for (const move of moves) {
    const call = calls[move.what];
    if (call === undefined) throw new Error(`no move ${move.what}`);
    const answered = await cloud.call(...call(await idsFor(move), move.other));
    expect(answered.status, JSON.stringify(answered.body)).not.toBe(500);
    if (answered.status === 200) done.set(move.what, (done.get(move.what) ?? 0) + 1);
    await checkConsistent();
    cloud.clock.advance(move.pauseMs);
  }
}

const namedGroups = (item: Item): readonly string[] =>
  [...JSON.stringify(item).matchAll(/"ServerGroupId":"([^"]+)"/g)].map((match) => match[1] ?? '');

async function checkConsistent(): Promise<void> {
  const { loadBalancers, listeners, rules, serverGroups } = await held();
  const ids = (items: readonly Item[], id: string) => new Set(items.map((item) => item[id]));
  const groups = ids(serverGroups, 'ServerGroupId');
  for (const holder of [...listeners, ...rules]) for (const group of namedGroups(holder)) expect(groups).toContain(group);
  for (const one of listeners) expect(ids(loadBalancers, 'LoadBalancerId')).toContain(one['LoadBalancerId']);
  for (const one of rules) expect(ids(listeners, 'ListenerId')).toContain(one['ListenerId']);
  const places = rules.map((one) => `${one['ListenerId']} ${one['Direction']} ${one['Priority']}`);
  expect(new Set(places).size).toBe(places.length);
  const ports = listeners.map((one) => `${one['LoadBalancerId']} ${one['ListenerPort']}`);
  expect(new Set(ports).size).toBe(ports.length);
  for (const one of cloud.service.view.listeners()) {
    expect(cloud.service.view.group(one.DefaultServerGroupId)).toBeDefined();
    for (const each of cloud.service.view.rules(one.ListenerId)) {
      for (const tuple of each.RuleActions.flatMap((action) => action.ForwardGroupConfig?.ServerGroupTuples ?? [])) {
        expect(groups).toContain(tuple.ServerGroupId);
      }
    }
  }
}

/** When all work is done nothing is on its way, and everything can be taken down to nothing. */
async function takeDown(): Promise<void> {
  cloud.settle();
  const { loadBalancers, listeners, rules, serverGroups, jobs } = await held();
  expect(jobs).toEqual([]);
  const statuses = [...loadBalancers, ...listeners, ...rules, ...serverGroups].map(
    (item) => item['RuleStatus'] ?? item['ListenerStatus'] ?? item['ServerGroupStatus'] ?? item['LoadBalancerStatus'],
  );
  for (const status of statuses) expect(['Active', 'Running', 'Stopped', 'Available']).toContain(status);
  for (const one of loadBalancers) await cloud.ok('DeleteLoadBalancer', { LoadBalancerId: String(one['LoadBalancerId']) });
  cloud.settle();
  for (const one of serverGroups) await cloud.ok('DeleteServerGroup', { ServerGroupId: String(one['ServerGroupId']) });
  cloud.settle();
  expect(await held()).toMatchObject({ loadBalancers: [], listeners: [], rules: [], serverGroups: [], jobs: [] });
}

const building = ['group', 'listener', 'listener', 'rules', 'rules', 'rules', 'rules'];
const move = fc.record({
  what: fc.constantFrom(...Object.keys(calls), ...building),
  which: fc.nat(3),
  other: fc.nat(3),
  pauseMs: fc.constantFrom(0, 300, 10_000, 10_000, 10_000, 10_000),
});

const start: readonly Move[] = ['balancer', 'group', 'group', 'listener'].map((what) => ({ what, which: 0, other: 0, pauseMs: 10_000 }));

describe('any history of calls', () => {
  it.each([
    ['as it comes', {}],
    [
      'with every switch the other way',
      {
        listenerStatusDuringRules: 'Running',
        listenersLockLoadBalancer: true,
        updatePriorityCheck: 'each-step',
        creatingGroupAcceptsServers: true,
        creatingGroupMayBeReferred: false,
        clientTokenScope: 'account',
        referenceLingerMs: 0,
      },
    ],
  ])('leaves what is held consistent, and ends in nothing when all is deleted: %s', async (_, settings) => {
    cloud = await startCloudUnderTest(settings);
    done = new Map();
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 15, maxLength: 30 }), async (moves) => {
        await play(start);
        await play(moves);
        await takeDown();
      }),
      { numRuns: 8 },
    );
    expect(done.size).toBeGreaterThan(9);
    expect([...done.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan(60);
  });
});
