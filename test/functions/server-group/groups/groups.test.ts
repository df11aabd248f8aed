/** Groups that are there: kept as they should be, taken over only when they can be what they say, and told to the lane. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerGroupSettings } from '#shared/cloud/alb/port.ts';
import { tagKeys } from '#shared/ownership.ts';
import { type GroupBench, settledCafe, writesOf } from '#test/support/group-bench.ts';
import { named } from '#test/support/refused-rules.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

/** What somebody changes by hand. */
const byHand: Readonly<Record<string, Partial<ServerGroupSettings>>> = {
  'the name': { serverGroupName: 'by-hand' },
  'the Service': { serviceName: 'by-hand' },
  'the scheduler': { scheduler: 'Wlc' },
  'the scheduler and its parameter': { scheduler: 'Uch', uchConfig: { type: 'QueryString', value: 'user' } },
  stickiness: { stickySessionConfig: { stickySessionEnabled: true, stickySessionType: 'Insert', cookie: '', cookieTimeout: 60 } },
  draining: { connectionDrainConfig: { connectionDrainEnabled: true, connectionDrainTimeout: 10 } },
  'slow start': { slowStartConfig: { slowStartEnabled: true, slowStartDuration: 60 } },
  zones: { crossZoneEnabled: false },
};

const noKeepalive = ({ upstreamKeepaliveEnabled: _, ...settings }: ServerGroupSettings): ServerGroupSettings => settings;

describe('servers that somebody took out by hand', () => {
  it('are counted by the next sweep, listed, and come back', async () => {
    bench = await settledCafe(2);
    const { serverGroupId } = await bench.groupOf(1);
    const before = await bench.console.listServers(serverGroupId);
    const [first, ...others] = before;
    if (first === undefined || others.length === 0) throw new Error('a group of several servers is what this is about');
    await bench.console.removeServers(serverGroupId, [first], 'by hand');
    bench.chain.alb.clock.advance(60_000);
    await bench.sweep();
    const calls = (await bench.chain.calls()).map((one) => one.action);
    expect(calls.filter((one) => one === 'AddServersToServerGroup')).toHaveLength(1);
    // Of the other group the number is right.
    expect(calls.filter((one) => one === 'ListServerGroupServers')).toHaveLength(1);
    expect(await bench.console.listServers(serverGroupId)).toEqual(expect.arrayContaining([...before]));
  });
});

describe('settings that somebody changed by hand (CPAC 1)', () => {
  it.each(Object.entries(byHand))('come back in one call: %s', async (_, change) => {
    bench = await settledCafe(1);
    const before = await bench.groupOf(1);
    await bench.console.updateServerGroup(before.serverGroupId, { ...noKeepalive(before.settings), ...change }, 'by hand');
    bench.chain.alb.clock.advance(5000);
    expect((await bench.groupOf(1)).settings).not.toEqual(before.settings);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual(['UpdateServerGroupAttribute']);
    expect(await bench.groupOf(1)).toEqual(before);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([]);
  });

  it('come back in one call: the health check, on or off', async () => {
    bench = await settledCafe(1);
    const before = await bench.groupOf(1);
    const healthCheckConfig = { ...before.settings.healthCheckConfig, healthCheckEnabled: true, healthCheckPath: '/by-hand' };
    await bench.console.updateServerGroup(before.serverGroupId, { ...noKeepalive(before.settings), healthCheckConfig }, 'by hand');
    bench.chain.alb.clock.advance(5000);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual(['UpdateServerGroupAttribute']);
    expect(await bench.groupOf(1)).toEqual(before);
  });

  it('stay as they are where the owner says nothing: keepalive, which a new group has', async () => {
    bench = await settledCafe(1);
    const before = await bench.groupOf(1);
    expect(before.settings.upstreamKeepaliveEnabled).toBe(true);
    await bench.console.updateServerGroup(before.serverGroupId, { ...before.settings, upstreamKeepaliveEnabled: false }, 'by hand');
    bench.chain.alb.clock.advance(5000);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([]);
    expect((await bench.groupOf(1)).settings.upstreamKeepaliveEnabled).toBe(false);
  });

  it('are not told of keepalive again when something else is repaired', async () => {
    bench = await settledCafe(1, { keepaliveRestated: 'refused' });
    await bench.annotate(1, { 'backend-keepalive': 'false' });
    const before = await bench.groupOf(1);
    await bench.console.updateServerGroup(before.serverGroupId, { ...noKeepalive(before.settings), crossZoneEnabled: false }, 'by hand');
    bench.chain.alb.clock.advance(5000);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual(['UpdateServerGroupAttribute']);
    expect(await bench.groupOf(1)).toEqual(before);
  });
});

describe('a group that carries the tags of another', () => {
  it('is named and left as it is, and the right one stays in use', async () => {
    bench = await settledCafe(1);
    const right = await bench.groupOf(1);
    const fixed = { ...right.fixed, protocol: 'HTTPS' } as const;
    const request = { settings: right.settings, fixed, tags: right.tags, clientToken: 'by hand' };
    const wrong = await bench.console.createServerGroup(request);
    bench.chain.alb.clock.advance(5000);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([]);
    expect(named(bench.chain)).toEqual(['GROUP-MISFIT ingress-001']);
    expect(Object.values((await bench.ledger()).groups)).toContain(right.serverGroupId);
    expect((await bench.groups()).map((one) => one.serverGroupId)).toContain(wrong.serverGroupId);
    expect(bench.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
  });

  it('goes, when it is not the one that rules point to: of two alike the one in use is kept', async () => {
    bench = await settledCafe(1);
    const right = await bench.groupOf(1);
    const { settings, fixed, tags } = right;
    for (const clientToken of ['by hand', 'and again']) await bench.console.createServerGroup({ settings, fixed, tags, clientToken });
    bench.chain.alb.clock.advance(5000);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual(['DeleteServerGroup', 'DeleteServerGroup']);
    expect(await bench.groupOf(1)).toEqual(right);
    expect(Object.values((await bench.ledger()).groups)).toContain(right.serverGroupId);
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([]);
  });
});

/** What somebody takes off a group of ours. */
const takenOff: Readonly<Record<string, string>> = {
  'the resource tag': tagKeys.resource,
  'the tags of the Service': tagKeys.serviceName,
};

describe('a group whose tags somebody has changed', () => {
  it.each(Object.entries(takenOff))('is replaced by another one, or found all the same, and none is left over: %s', async (_, tag) => {
    bench = await settledCafe(2);
    const before = await bench.groups();
    const { serverGroupId } = await bench.groupOf(1);
    await bench.console.untagResources('servergroup', [serverGroupId], [tag]);
    await bench.sweep();
    const after = await bench.groups();
    expect(after).toHaveLength(before.length);
    expect(JSON.stringify((await bench.chain.alb.state())['rules']).includes(serverGroupId)).toBe(
      after.some((one) => one.serverGroupId === serverGroupId),
    );
    expect(after.map((one) => one.serverCount).sort()).toEqual(before.map((one) => one.serverCount).sort());
    await bench.sweep();
    expect(await writesOf(bench)).toEqual([]);
  });
});

describe('a Service that changes', () => {
  it('is told to its lane: whether its group checks health, and how its endpoints become servers', async () => {
    bench = await settledCafe(2);
    const { serverGroupId } = await bench.groupOf(1);
    const groups = async () => (await bench?.record(1))?.groups ?? {};
    expect(await groups()).toEqual({ [serverGroupId]: { albConfig: 'cafe', portName: 'http', mode: 'eni', made: true } });
    const ports = [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }];
    const name = { kind: 'Service', namespace: 'shop', name: 'service-001' } as const;
    await bench.chain.kube.mergePatch(name, { spec: { type: 'NodePort', ports } });
    await bench.changed();
    expect(await groups()).toEqual({ [serverGroupId]: { albConfig: 'cafe', portName: 'http', mode: 'cluster', nodePort: 30080 } });
    expect(await bench.groupOf(1)).toMatchObject({ serverGroupId, serverCount: 0 }); // the cluster has no node
    await bench.chain.kube.mergePatch(name, { spec: { type: 'ClusterIP', ports: [{ name: 'http', port: 80, targetPort: 8080 }] } });
    await bench.changed();
    expect(await groups()).toEqual({ [serverGroupId]: { albConfig: 'cafe', portName: 'http', mode: 'eni' } });
    expect((await bench.groupOf(1)).serverCount).toBe(2);
    await bench.changed();
    expect(await bench.chain.calls()).toEqual([]);
  });

  it('leaves the other Services in peace: a sweep that finds nothing writes no record and asks no lane', async () => {
    bench = await settledCafe(6);
    await bench.sweep();
    const before = bench.chain.kube.calls.length;
    await bench.sweep();
    const records = bench.chain.kube.calls.slice(before).filter((one) => one.kind === 'Lease' && one.name.startsWith('service-'));
    expect(records.filter((one) => one.verb !== 'get')).toEqual([]);
  });
});
