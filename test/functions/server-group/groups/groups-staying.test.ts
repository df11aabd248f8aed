/** Groups that nobody wants any more: deleted whatever else fails, and told where somebody else still refers to them (semantics 7.6). */
import { afterEach, describe, expect, it } from 'vitest';
import type { Alb } from '#shared/cloud/alb/port.ts';
import { balancerRequest, listenerSettings } from '#test/support/alb-settings.ts';
import { serviceName } from '#test/support/cafe.ts';
import { type GroupBench, settledCafe, writesOf } from '#test/support/group-bench.ts';
import { anAlbConfig, anIngress, aPath } from '#test/support/objects.ts';
import { named, nameOf, refOf, refuseRules, ruleNameOf, served, warnings } from '#test/support/refused-rules.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

/** Another ALB, made at the console, with a listener whose default group is `serverGroupId`. */
async function referFromElsewhere({ console, chain }: GroupBench, serverGroupId: string): Promise<string> {
  const settled = () => chain.alb.clock.advance(5000);
  const { loadBalancerId } = await console.createLoadBalancer(balancerRequest({ loadBalancerName: 'by-hand' }, 'by hand'));
  settled();
  const { listenerId } = await console.createListener({
    loadBalancerId,
    protocol: 'HTTP',
    port: 80,
    defaultServerGroupId: serverGroupId,
    settings: listenerSettings(),
    tags: {},
    clientToken: 'by hand',
  });
  settled();
  return listenerId;
}

const deletionsOf = async (one: GroupBench): Promise<readonly string[]> =>
  (await writesOf(one)).filter((write) => write.startsWith('DeleteServerGroup'));

const idsOf = async (alb: Alb, ids: readonly string[]): Promise<readonly string[]> =>
  (await alb.getServerGroups(ids)).map((one) => one.serverGroupId);

describe('a group that another ALB refers to', () => {
  it('keeps nothing else waiting, is told once, and goes when it is free', async () => {
    bench = await settledCafe(3);
    const [stuck, free] = [(await bench.groupOf(1)).serverGroupId, (await bench.groupOf(2)).serverGroupId];
    const elsewhere = await referFromElsewhere(bench, stuck);
    await bench.chain.kube.remove(refOf(1));
    await bench.annotate(2, { 'backend-scheduler': 'wlc' });
    // Done with all but the one: the status says so, and names it.
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied', message: expect.stringContaining(stuck) });
    expect(await idsOf(bench.console, [stuck, free])).toEqual([stuck]);
    const tries = await deletionsOf(bench);
    expect(tries.filter((one) => one === 'DeleteServerGroup')).toHaveLength(1);
    expect(tries.length).toBeLessThanOrEqual(8);
    expect(named(bench.chain)).toEqual(['GROUP-STAYS cafe']);
    // It costs one call a sweep, no more words, and nothing when nothing changed.
    await bench.changed();
    expect(await bench.chain.calls()).toEqual([]);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual(['DeleteServerGroup ResourceInUse.ServerGroup']);
    expect(warnings(bench.chain)).toHaveLength(1);
    // New wishes are carried out as ever.
    await bench.annotate(3, { 'backend-scheduler': 'wlc' });
    expect((await bench.groupOf(3)).settings.scheduler).toBe('Wlc');
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied', message: expect.stringContaining(stuck) });
    await bench.console.deleteListener(elsewhere, 'by hand');
    bench.chain.alb.clock.advance(20_000);
    await bench.sweep();
    expect(await deletionsOf(bench)).toEqual(['DeleteServerGroup']);
    expect(await idsOf(bench.console, [stuck])).toEqual([]);
    expect((await bench.ledger()).stayingGroups).toBeUndefined();
    expect(bench.condition()['message']).not.toContain(stuck);
  });

  it('is used again when it is wanted again', async () => {
    bench = await settledCafe(2);
    const { serverGroupId } = await bench.groupOf(1);
    await referFromElsewhere(bench, serverGroupId);
    await bench.annotate(1, { 'backend-scheduler': 'wlc' });
    await bench.annotate(1, { 'backend-scheduler': null });
    expect(await bench.groupOf(1)).toMatchObject({ serverGroupId, serverCount: 2 });
    expect(await served(bench.chain)).toEqual([1, 2].map(nameOf));
    expect((await bench.ledger()).stayingGroups).toBeUndefined();
    expect(bench.condition()['message']).not.toContain(serverGroupId);
  });

  it('keeps the finalizer of an AlbConfig that is deleted, and is named', async () => {
    bench = await settledCafe(1);
    const { serverGroupId } = await bench.groupOf(1);
    const elsewhere = await referFromElsewhere(bench, serverGroupId);
    const { chain, console } = bench;
    await chain.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    chain.changed();
    let looks = 0;
    // Until somebody frees it.
    await chain.settle(async () => {
      looks += 1;
      if (looks === 600) await console.deleteListener(elsewhere, 'by hand');
    });
    expect(looks).toBeGreaterThan(600);
    expect(named(chain)).toContain('GROUP-STAYS cafe');
    expect(chain.kube.held('AlbConfig')).toEqual([]);
    expect(await bench.groups()).toEqual([]);
  });
});

describe('deletion of groups (ALC 12: skipped after any error)', () => {
  it('does not wait for an Ingress whose rule is refused', async () => {
    bench = await settledCafe(3);
    const { serverGroupId } = await bench.groupOf(3);
    const bad = anIngress({ name: nameOf(1), host: 'bad.example.com', paths: [aPath('/', serviceName(1))] });
    await refuseRules(bench.chain, 'CreateRules', [ruleNameOf(bad, anAlbConfig())]);
    await bench.chain.kube.mergePatch(refOf(1), { spec: bad.spec });
    await bench.chain.kube.remove(refOf(3));
    await bench.changed();
    expect(named(bench.chain)).toEqual(['CLOUD-INVALID ingress-001']);
    expect(await idsOf(bench.console, [serverGroupId])).toEqual([]);
  });

  it('does not wait for a group that cannot be made', async () => {
    bench = await settledCafe(3, { resourceGroups: ['rg-shop'] });
    const { serverGroupId } = await bench.groupOf(3);
    await bench.chain.kube.remove(refOf(3));
    await bench.annotate(1, { 'server-group-resource-group-id': 'rg-nowhere' });
    expect(named(bench.chain)).toEqual(['CLOUD-INVALID ingress-001']);
    expect(await idsOf(bench.console, [serverGroupId])).toEqual([]);
  });

  it('does not wait for another group whose deletion fails', async () => {
    bench = await settledCafe(3);
    const [first, second] = [(await bench.groupOf(1)).serverGroupId, (await bench.groupOf(2)).serverGroupId];
    const stuck = { match: { action: 'DeleteServerGroup', params: { ServerGroupId: first } }, kind: 'error', status: 400 };
    await bench.chain.alb.put('faults', [{ ...stuck, code: 'IncorrectStatus.ServerGroup', times: 5 }]);
    for (const index of [1, 2]) await bench.chain.kube.remove(refOf(index));
    await bench.changed();
    expect(await idsOf(bench.console, [first, second])).toEqual([]);
    const deletions = await deletionsOf(bench);
    expect(deletions.filter((one) => one === 'DeleteServerGroup')).toHaveLength(2);
    expect(deletions.filter((one) => one !== 'DeleteServerGroup')).toHaveLength(5);
  });

  it('does not wait for a group that may never be deleted', async () => {
    bench = await settledCafe(3);
    const [first, second] = [(await bench.groupOf(1)).serverGroupId, (await bench.groupOf(2)).serverGroupId];
    const stuck = { match: { action: 'DeleteServerGroup', params: { ServerGroupId: first } }, kind: 'error', status: 400 };
    await bench.chain.alb.put('faults', [{ ...stuck, code: 'OperationDenied.ServiceManagedResource' }]);
    for (const index of [1, 2]) await bench.chain.kube.remove(refOf(index));
    await bench.changed();
    expect(await idsOf(bench.console, [first, second])).toEqual([first]);
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied', message: expect.stringContaining(first) });
  });
});
