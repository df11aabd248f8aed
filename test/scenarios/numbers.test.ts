/** The promises that are counts, read from the emulator's journal of calls. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '#infra/local/service.ts';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { aCafe, anEndpointSlice, anIngressOf, podIp, serviceName } from '#test/support/cafe.ts';
import { cloudShape } from '#test/support/cloud-shape.ts';
import { aService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

async function settled(count: number): Promise<Workbench> {
  const { objects, pods } = aCafe(count);
  bench = await createWorkbench(objects, [...pods, '10.64.200.1', '10.64.200.2', '10.64.200.3']);
  bench.resync();
  await bench.settle();
  return bench;
}

const writes = (calls: readonly JournalEntry[]): readonly JournalEntry[] => calls.filter((one) => one.write);
const reads = (calls: readonly JournalEntry[]): readonly JournalEntry[] => calls.filter((one) => !one.write);
const refused = (calls: readonly JournalEntry[]): readonly string[] =>
  calls.filter((one) => one.code !== '').map((one) => `${one.action}: ${one.code}`);

const byAction = (calls: readonly JournalEntry[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...new Set(calls.map((one) => one.action))].map((action) => [action, calls.filter((one) => one.action === action).length]),
  );

/** How many rules calls carry: their parameters are `Rules.1.RuleName` and so on, or `RuleIds.1`. */
const rulesIn = (calls: readonly JournalEntry[]): number =>
  calls.flatMap((one) => Object.keys(one.params ?? {}).filter((name) => /^(Rules\.\d+\.RuleName|RuleIds\.\d+)$/.test(name))).length;

describe('calls of the cloud', () => {
  it('provisions a first Ingress with three endpoints in at most 13 calls, 6 of them writes', async () => {
    const calls = await (await settled(1)).calls();
    expect(refused(calls)).toEqual([]);
    expect(
      writes(calls)
        .map((one) => one.action)
        .sort(),
    ).toEqual(
      ['CreateLoadBalancer', 'CreateServerGroup', 'CreateServerGroup', 'AddServersToServerGroup', 'CreateListener', 'CreateRules'].sort(),
    );
    expect(byAction(calls)).toEqual(expect.objectContaining({ DescribeNetworkInterfaces: 1 }));
    expect(calls.length).toBeLessThanOrEqual(13);
  });

  it('calls nothing when nothing changed: a resync, a repeated message, a restart', async () => {
    const chain = await settled(3);
    await chain.calls();
    chain.resync();
    chain.changed();
    chain.changed();
    await chain.settle();
    expect(byAction(await chain.calls())).toEqual({});
  });

  it('writes nothing when every step and lane is replayed', async () => {
    const chain = await settled(2);
    await chain.calls();
    for (const step of ['instance', 'server-group', 'listener', 'rule'] as const) {
      chain.send({ type: 'albeit.step.requested', version: 1, key: chain.key, step, phase: 'apply', chain: 'replayed', attempt: 0 });
    }
    chain.membersChanged('shop', serviceName(1));
    await chain.settle();
    expect(writes(await chain.calls())).toEqual([]);
  });

  it('adds an endpoint with one write and at most two reads', async () => {
    const chain = await settled(2);
    await chain.calls();
    await replaceSlice(chain, 1, [0, 1, 2, 3]);
    chain.membersChanged('shop', serviceName(1));
    await chain.settle();
    const calls = await chain.calls();
    expect(writes(calls).map((one) => one.action)).toEqual(['AddServersToServerGroup']);
    expect(reads(calls).length).toBeLessThanOrEqual(2);
  });

  it('exchanges an endpoint with one write', async () => {
    const chain = await settled(1);
    await chain.calls();
    await replaceSlice(chain, 1, [1, 2, 3]);
    chain.membersChanged('shop', serviceName(1));
    await chain.settle();
    expect(writes(await chain.calls()).map((one) => one.action)).toEqual(['ReplaceServersInServerGroup']);
  });

  it('creates a hundred Ingresses within 1.3 of the floor', async () => {
    const chain = await settled(100);
    const calls = await chain.calls();
    const floor = 210;
    console.log(`ours ${calls.length}, floor ${floor}, ratio ${(calls.length / floor).toFixed(3)}`, byAction(calls));
    expect(refused(calls)).toEqual([]);
    expect(calls.length / floor).toBeLessThanOrEqual(1.3);
  });

  it('inserts an Ingress before a hundred others with one CreateRules and no update', async () => {
    const chain = await settled(99);
    await chain.calls();
    await chain.kube.create(aService('service-000'));
    await chain.kube.create(anEndpointSlice('service-000', ['10.64.200.1', '10.64.200.2', '10.64.200.3']));
    await chain.kube.create(anIngressOf(0));
    chain.changed();
    await chain.settle();
    const done = writes(await chain.calls()).map((one) => one.action);
    expect(done.sort()).toEqual(['AddServersToServerGroup', 'CreateRules', 'CreateServerGroup']);
  });

  it('changes one rule among a hundred with one write of one rule: its actions, and its conditions', async () => {
    const chain = await settled(100);
    const changes = {
      actions: { 'alb.ingress.kubernetes.io/traffic-limit-qps': '50' },
      conditions: {
        [`alb.ingress.kubernetes.io/conditions.${serviceName(50)}`]: JSON.stringify([
          { type: 'Header', headerConfig: { key: 'X-Beta', values: ['yes'] } },
        ]),
      },
    };
    for (const annotations of Object.values(changes)) {
      await chain.calls();
      await chain.kube.mergePatch({ kind: 'Ingress', namespace: 'shop', name: 'ingress-050' }, { metadata: { annotations } });
      chain.changed();
      await chain.settle();
      const done = writes(await chain.calls());
      expect(done.map((one) => `${one.action} ${one.code}`)).toEqual(['UpdateRulesAttribute ']);
      expect(rulesIn(done)).toBe(1);
    }
  });

  it('moves a rule with one update, and gives one another direction with one creation and one removal', async () => {
    const chain = await settled(20);
    const patch = async (annotations: Readonly<Record<string, string>>): Promise<readonly string[]> => {
      await chain.calls();
      await chain.kube.mergePatch({ kind: 'Ingress', namespace: 'shop', name: 'ingress-015' }, { metadata: { annotations } });
      chain.changed();
      await chain.settle();
      const done = writes(await chain.calls()).filter((one) => /Rules/.test(one.action));
      expect(done.map((one) => rulesIn([one]))).toEqual(done.map(() => 1));
      return done.map((one) => `${one.action} ${one.code}`);
    };
    expect(await patch({ 'alb.ingress.kubernetes.io/order': '1' })).toEqual(['UpdateRulesAttribute ']);
    const closed = [{ type: 'FixedResponse', FixedResponseConfig: { content: 'closed', contentType: 'text/plain', httpCode: '503' } }];
    const marked = [{ type: 'InsertHeader', InsertHeaderConfig: { key: 'X-Marked', value: 'yes', valueType: 'UserDefined' } }];
    const backend = { service: { name: 'sign', port: { name: 'use-annotation' } } };
    const spec = { rules: [{ host: 'host-15.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] };
    await chain.kube.mergePatch({ kind: 'Ingress', namespace: 'shop', name: 'ingress-015' }, { spec });
    await patch({ 'alb.ingress.kubernetes.io/actions.sign': JSON.stringify(closed) });
    const turned = { 'actions.sign': JSON.stringify(marked), 'rule-direction.sign': 'Response' };
    expect(
      await patch(Object.fromEntries(Object.entries(turned).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value]))),
    ).toEqual(['CreateRules ', 'DeleteRules ']);
  });

  it('finds no drift, and writes nothing, when it looks for some', async () => {
    const chain = await settled(3);
    await chain.calls();
    await chain.sweep();
    await chain.settle();
    const calls = await chain.calls();
    expect(writes(calls)).toEqual([]);
    expect(byAction(calls)).toEqual({ ListServerGroups: 1, ListListeners: 1, ListRules: 1 });
  });

  it('puts back a server that somebody took out by hand, and takes out one that somebody put in', async () => {
    const chain = await settled(2);
    const wanted = await cloudShape(chain.alb);
    const alb = createAlb(chain.alb.options);
    for (const change of ['taken', 'put'] as const) {
      const groups = (await alb.findServerGroups({})).filter((one) => one.serverCount > 0);
      const [group] = groups;
      const [server] = await alb.listServers(group?.serverGroupId ?? '');
      if (group === undefined || server === undefined) throw new Error('there is no server to change');
      if (change === 'taken') await alb.removeServers(group.serverGroupId, [server], 'by-hand-1');
      else await alb.addServers(group.serverGroupId, [{ ...server, port: 9999 }], 'by-hand-2');
      chain.alb.clock.advance(1000);
      await chain.calls();
      await chain.sweep();
      await chain.settle();
      const repair = change === 'taken' ? 'AddServersToServerGroup' : 'RemoveServersFromServerGroup';
      expect(writes(await chain.calls()).map((one) => one.action)).toEqual([repair]);
      expect(await cloudShape(chain.alb)).toEqual(wanted);
      await chain.sweep();
      await chain.settle();
      expect(byAction(await chain.calls())).toEqual({ ListServerGroups: 1, ListListeners: 1, ListRules: 1 });
    }
    alb.close();
  });
});

async function replaceSlice(chain: Workbench, service: number, podIndexes: readonly number[]): Promise<void> {
  const name = `${serviceName(service)}-slice`;
  const slice = anEndpointSlice(
    serviceName(service),
    podIndexes.map((pod) => podIp(service, pod)),
  );
  await chain.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name }, { endpoints: slice.endpoints });
}
