/** Groups that do not forward across zones. */
import { Agent } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DataPlaneSettings } from '#infra/local/alb/data-plane/settings.ts';
import type { ViewGroup } from '#infra/local/alb/view.ts';
import { ManualTimers } from './manual-timers.ts';
import { aGroup, aListener, aServer, call, MemoryView, serve, start } from './plane.ts';
import { callByHttp2 } from './secure-call.ts';

const zones = { '10.64.0.1': 'cn-local-a', '10.64.0.2': 'cn-local-b', '10.64.0.3': 'cn-local-b' } as const;

interface Draft {
  readonly settings?: Partial<DataPlaneSettings>;
  readonly group?: Partial<ViewGroup>;
  readonly timers?: ManualTimers;
}

async function zonal(addresses: readonly (keyof typeof zones)[], { group: own = {}, ...options }: Draft = {}) {
  const group = aGroup(
    'sgp-default',
    addresses.map((address) => aServer(address)),
    { CrossZoneEnabled: false, ...own },
  );
  const view = new MemoryView({ listeners: [aListener({ ZoneIds: ['cn-local-a', 'cn-local-b'] })], groups: [group] });
  for (const [address, zone] of Object.entries(zones)) {
    view.zones.set(address, zone);
    await serve(view, address);
  }
  return { view, ...(await start(view, options)) };
}

const all = ['10.64.0.1', '10.64.0.2', '10.64.0.3'] as const;

describe('a group that does not forward across zones', () => {
  it('keeps a connection to the servers of the zone by which it came, and new ones take turns', async () => {
    const { url } = await zonal(all);
    const connection = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => connection.destroy());
    const over = async (agent: Agent | false) => (await call(url, { agent })).body;
    const first = zones[(await over(connection)) as keyof typeof zones];
    for (let at = 0; at < 4; at++) expect(zones[(await over(connection)) as keyof typeof zones]).toBe(first);
    const others: string[] = [];
    for (let at = 0; at < 8; at++) others.push(await over(false));
    // Half of the connections come by the zone with one server.
    expect(others.filter((address) => address === '10.64.0.1')).toHaveLength(4);
  });

  it('can be asked by one zone alone', async () => {
    const { url } = await zonal(all, { settings: { arrivalZone: 'cn-local-b' } });
    const answers = [await call(url), await call(url), await call(url), await call(url)].map(({ body }) => body);
    expect(new Set(answers)).toEqual(new Set(['10.64.0.2', '10.64.0.3']));
  });

  it('has nobody for a zone without servers, or another zone by a switch', async () => {
    const { url, plane } = await zonal(['10.64.0.1'], { settings: { arrivalZone: 'cn-local-b' } });
    expect((await call(url)).status).toBe(503);
    plane.configure({ emptyZone: 'other-zones' });
    expect((await call(url)).body).toBe('10.64.0.1');
  });

  it('has nobody for a zone whose servers are all ill, or another zone by the same switch', async () => {
    const timers = new ManualTimers();
    const { url, plane, view } = await zonal(['10.64.0.1', '10.64.0.2'], {
      settings: { arrivalZone: 'cn-local-b' },
      group: { HealthCheckConfig: { HealthCheckEnabled: true, HealthCheckInterval: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 } },
      timers,
    });
    view.sockets.delete('10.64.0.2');
    for (const _ of [1, 2]) {
      timers.advance(2000);
      await vi.waitUntil(() => timers.waits.join() === '2000,2000', { timeout: 20_000, interval: 1 });
    }
    expect(plane.health('sgp-default').map(({ status }) => status)).toEqual(['Normal', 'Unhealthy']);
    expect((await call(url)).status).toBe(503);
    plane.configure({ emptyZone: 'other-zones' });
    expect((await call(url)).body).toBe('10.64.0.1');
  });

  it('is the exception: others forward everywhere', async () => {
    const { url } = await zonal(['10.64.0.1'], { settings: { arrivalZone: 'cn-local-b' }, group: { CrossZoneEnabled: true } });
    expect((await call(url)).body).toBe('10.64.0.1');
  });

  it('goes by the session of a client that speaks HTTP/2', async () => {
    const { view, plane } = await zonal(all);
    view.set({
      listeners: [
        aListener({
          ...{ ListenerProtocol: 'HTTPS', ListenerPort: 443, Http2Enabled: true, CertificateId: '1-cn-local' },
          ...{ ListenerId: 'lsn-2', ZoneIds: ['cn-local-a', 'cn-local-b'] },
        }),
      ],
    });
    await plane.settled();
    const url = plane.describe()[0]?.url ?? '';
    const authority = await plane.authority();
    const answers: string[] = [];
    for (let at = 0; at < 4; at++) answers.push((await callByHttp2(url, { authority, host: 'cafe.example.com' })).body);
    expect(answers.filter((address) => address === '10.64.0.1')).toHaveLength(2);
  });
});
