/** A group that the service refuses concerns its owners only: everything else converges, nobody waits, nothing is asked twice. */
import { afterEach, describe, expect, it } from 'vitest';
import { serviceName } from '#test/support/cafe.ts';
import { type GroupBench, settledCafe, writesOf } from '#test/support/group-bench.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { named, nameOf, refOf, served, warnings } from '#test/support/refused-rules.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

interface Kind {
  readonly settings: unknown;
  readonly annotations: Readonly<Record<string, string>>;
  readonly code: string;
  /** Changes the account so that it would be taken. */
  readonly cure: unknown;
}

const kinds: Readonly<Record<string, Kind>> = {
  'a resource group that does not exist': {
    settings: { resourceGroups: ['rg-shop'] },
    annotations: { 'server-group-resource-group-id': 'rg-nowhere' },
    code: 'ResourceNotFound.ResourceGroup',
    cure: { resourceGroups: ['rg-nowhere'] },
  },
  'a slow start longer than a quota allows': {
    settings: { quotas: { maxSlowStartDuration: 100 } },
    annotations: { 'slow-start-enabled': 'true', 'slow-start-duration': '300' },
    code: 'QuotaExceeded.SlowStartDuration',
    cure: { quotas: { maxSlowStartDuration: 900 } },
  },
};

const half = 31 * 60 * 1000;

describe('a group that is refused for what it says', () => {
  it.each(Object.entries(kinds))('holds its Ingress, which keeps what it has, and no other: %s', async (_, kind) => {
    bench = await settledCafe(3, kind.settings);
    const before = await bench.groupOf(2);
    await bench.annotate(1, { 'backend-scheduler': 'wlc' });
    await bench.annotate(2, kind.annotations);
    expect(await writesOf(bench)).toEqual([`CreateServerGroup ${kind.code}`]);
    expect(await bench.groupOf(2)).toEqual(before);
    expect(await served(bench.chain)).toEqual([1, 2, 3].map(nameOf));
    expect(named(bench.chain)).toEqual([expect.stringMatching(/^CLOUD-(INVALID|QUOTA) ingress-002$/)]);
    expect(warnings(bench.chain)[0]?.message).toContain(`server group shop-${serviceName(2)}-80`);
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'PartlyApplied' });
    // The neighbours go on.
    await bench.annotate(3, { 'backend-scheduler': 'wlc' });
    expect((await bench.groupOf(3)).settings.scheduler).toBe('Wlc');
    expect((await writesOf(bench)).filter((one) => one.includes('Create'))).toEqual(['CreateServerGroup']);
    // And nothing is asked twice.
    await bench.changed();
    expect(await bench.chain.calls()).toEqual([]);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([]);
    expect(warnings(bench.chain)).toHaveLength(1);
  });

  it.each(Object.entries(kinds))('is tried again by a sweep after half an hour, and comes in when it is taken: %s', async (_, kind) => {
    bench = await settledCafe(2, kind.settings);
    await bench.annotate(2, kind.annotations);
    bench.chain.alb.clock.advance(half);
    bench.chain.kube.advance(half);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([`CreateServerGroup ${kind.code}`]);
    expect(warnings(bench.chain)).toHaveLength(1);
    await bench.chain.alb.put('settings', kind.cure);
    bench.chain.alb.clock.advance(half);
    bench.chain.kube.advance(half);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual(['CreateServerGroup', 'AddServersToServerGroup', 'UpdateRulesAttribute', 'DeleteServerGroup']);
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
    expect((await bench.ledger()).refusedGroups).toBeUndefined();
  });

  it.each(Object.entries(kinds))('comes in at once when it is corrected: %s', async (_, kind) => {
    bench = await settledCafe(2, kind.settings);
    const before = await bench.groupOf(2);
    await bench.annotate(2, kind.annotations);
    await bench.annotate(2, Object.fromEntries(Object.keys(kind.annotations).map((key) => [key, null])));
    expect(await bench.groupOf(2)).toEqual(before);
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
    expect((await bench.ledger()).refusedGroups).toBeUndefined();
  });

  it('holds a new Ingress until it is corrected; nobody waits for members that cannot come', async () => {
    const kind = kinds['a resource group that does not exist'];
    bench = await settledCafe(3, kind?.settings, (objects) =>
      objects.map((one) =>
        one.kind === 'Ingress' && one.metadata.name === nameOf(2)
          ? anIngress({
              name: nameOf(2),
              host: 'host-2.example.com',
              paths: [aPath('/', serviceName(2))],
              annotations: kind?.annotations ?? {},
            })
          : one,
      ),
    );
    expect(await served(bench.chain)).toEqual([1, 3].map(nameOf));
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'PartlyApplied' });
    expect((await bench.ledger()).membersAwaited).toBeUndefined();
    await bench.chain.kube.mergePatch(refOf(2), { metadata: { annotations: null } });
    await bench.changed();
    expect(await served(bench.chain)).toEqual([1, 2, 3].map(nameOf));
  });

  it('is named with each Ingress that shares it, and no third one', async () => {
    const kind = kinds['a resource group that does not exist'];
    bench = await settledCafe(3, kind?.settings);
    const both = { ...kind?.annotations };
    const spec = anIngress({ host: 'host-2.example.com', paths: [aPath('/', serviceName(1))] }).spec;
    await bench.chain.kube.mergePatch(refOf(2), { spec });
    await bench.annotate(1, both);
    await bench.annotate(2, both);
    expect([...named(bench.chain)].sort()).toEqual(['CLOUD-INVALID ingress-001', 'CLOUD-INVALID ingress-002']);
  });

  it('cannot be repaired either: drift that the service will not undo is told, and nothing waits', async () => {
    bench = await settledCafe(2);
    const { serverGroupId, settings } = await bench.groupOf(1);
    await bench.console.updateServerGroup(serverGroupId, { ...settings, scheduler: 'Wlc' }, 'by hand');
    bench.chain.alb.clock.advance(5000);
    await bench.chain.alb.put('faults', [
      { match: { action: 'UpdateServerGroupAttribute' }, kind: 'error', code: 'OperationDenied.ServiceManagedResource', status: 400 },
    ]);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual(['UpdateServerGroupAttribute OperationDenied.ServiceManagedResource']);
    expect(named(bench.chain)).toEqual(['CLOUD-INVALID ingress-001']);
    expect(await served(bench.chain)).toEqual([1, 2].map(nameOf));
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([]);
  });
});

describe('more groups than the region may have', () => {
  // Three of Services, one of the listener.
  const full = { quotas: { serverGroups: 4 } };

  it('leave out the Ingress whose group is too many; it comes in as soon as another group has gone', async () => {
    bench = await settledCafe(4, full);
    const before = await served(bench.chain);
    expect(before).toHaveLength(3);
    expect(named(bench.chain)).toEqual([expect.stringMatching(/^CLOUD-QUOTA /)]);
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'PartlyApplied' });
    const [gone = ''] = before;
    await bench.chain.kube.remove({ kind: 'Ingress', namespace: 'shop', name: gone });
    await bench.changed();
    expect(await served(bench.chain)).toEqual([1, 2, 3, 4].map(nameOf).filter((one) => one !== gone));
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
  });

  it('delete first: a change of settings and a removal together need no more groups than there may be', async () => {
    bench = await settledCafe(3, full);
    await bench.chain.kube.remove(refOf(3));
    await bench.annotate(1, { 'backend-scheduler': 'wlc' });
    expect((await bench.groupOf(1)).settings.scheduler).toBe('Wlc');
    expect(await served(bench.chain)).toEqual([1, 2].map(nameOf));
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
  });

  it('are tried again with growing pauses, and come in by themselves when the quota is raised', async () => {
    bench = await settledCafe(3, full);
    await bench.annotate(1, { 'backend-scheduler': 'wlc' });
    const tried = await writesOf(bench);
    expect(tried).toEqual(Array.from({ length: 6 }, () => 'CreateServerGroup QuotaExceeded.ServerGroupsNum'));
    expect(warnings(bench.chain)).toHaveLength(1);
    await bench.chain.alb.put('settings', { quotas: { serverGroups: 5 } });
    bench.chain.alb.clock.advance(half);
    bench.chain.kube.advance(half);
    await bench.sweep();
    expect((await bench.groupOf(1)).settings.scheduler).toBe('Wlc');
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
  });

  it('leave out a new listener, and with it who wants to be on it; the others go on, and it comes in when there is room', async () => {
    bench = await settledCafe(3, full);
    const { chain } = bench;
    const listeners = [80, 8080].map((port) => ({ port, protocol: 'HTTP' }));
    await chain.kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: 'cafe' }, { spec: { listeners } });
    await bench.annotate(1, { 'listen-ports': '[{"HTTP":80},{"HTTP":8080}]' });
    expect([...new Set(await writesOf(bench))]).toEqual(['CreateServerGroup QuotaExceeded.ServerGroupsNum']);
    expect([...named(chain)].sort()).toEqual(['CLOUD-QUOTA cafe', `CLOUD-QUOTA ${nameOf(1)}`]);
    const moved = anIngress({ host: 'moved.example.com', paths: [aPath('/', serviceName(2))] }).spec;
    await chain.kube.mergePatch(refOf(2), { spec: moved });
    await bench.changed();
    expect(JSON.stringify((await chain.alb.state())['rules'])).toContain('moved.example.com');
    expect(await served(chain)).toEqual([1, 2, 3].map(nameOf));
    await chain.kube.remove(refOf(3));
    await bench.changed();
    const state = await chain.alb.state();
    expect((state['listeners'] ?? []).map((one) => one['ListenerPort'])).toEqual([80, 8080]);
    expect(state['rules']).toHaveLength(3);
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
  });

  it('cost one refusal a try, however many of them there are', async () => {
    bench = await settledCafe(12, full);
    expect(await served(bench.chain)).toHaveLength(3);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([]);
  });
});
