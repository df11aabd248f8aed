/**
 * Services with hundreds of endpoints over the processes of `npm start`: a Deployment that is scaled as people do it, and a Service that
 * has more addresses than a group takes. What each change costs is printed. Minutes: for `npm run test:all`.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import { anEndpointSlice } from '#test/support/cafe.ts';
import { comes, countedCalls, isReady, type LiveShop, openShop, shopMs, shopName } from '#test/support/live-shop.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';

let shop: LiveShop;
beforeAll(async () => {
  shop = await openShop({ options: { nodes: 3 } });
}, 180_000);
afterAll(() => shop?.stop());

/** Of the groups that belong to a Service. */
async function servers(service: string): Promise<number> {
  const { serverGroups } = await shop.cloud.held();
  const own = serverGroups.filter((one) => String(one['ServerGroupName']).includes(`-${service}-`));
  return own.flatMap((one) => one['Servers'] as readonly unknown[]).length;
}

/** Waits for so many servers of a Service, and prints what that took. */
async function expectServers(service: string, count: number, change: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const since = (await shop.cloud.calls('alb')).at(-1)?.seq ?? 0;
  const began = performance.now();
  await change();
  await comes(async () => (await servers(service)) === count, `${count} servers of ${service}`).catch(async (error: unknown) => {
    throw new Error(`${String(error)}; there are ${await servers(service)}`);
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  await shop.cloud.rest(shopMs);
  const calls = countedCalls(await shop.cloud.calls('alb', since));
  console.log(`${service}: ${count} servers after ${seconds} s; ${JSON.stringify(calls)}`);
  expect(await servers(service)).toBe(count);
  return calls;
}

const scale = (replicas: number) => async () => {
  await shop.cloud.kube.mergePatch({ kind: 'Deployment', ...shopName }, { spec: { replicas } });
  await comes(async () => (await shop.pods()).filter(isReady).length === replicas, `${replicas} ready pods`);
};

it('a Deployment is scaled from none to 300, to none, and to 100', async () => {
  await expectServers('web', 0, scale(0));
  await expectServers('web', 300, scale(300));
  await expectServers('web', 0, scale(0));
  await expectServers('web', 100, scale(100));
  expect(await shop.warnings('web')).toEqual([]);
  expect(shop.cloud.deaths).toEqual([]);
}, 240_000);

const sliceName = (index: number): ObjectName => ({ kind: 'EndpointSlice', namespace: 'shop', name: `wide-slice-${index}` });

/** Addresses of any network, a hundred a slice. */
function aSlice(index: number): KubeObject {
  const ips = Array.from({ length: 100 }, (_, ip) => `172.20.${index}.${ip + 1}`);
  const slice = anEndpointSlice('wide', ips);
  const endpoints = (slice.endpoints ?? []).map(({ targetRef: _pod, ...endpoint }) => endpoint);
  return { ...slice, endpoints, metadata: { ...slice.metadata, name: sliceName(index).name } } as KubeObject; // pods are nowhere
}

it('a Service has as many servers as a group takes, says what is left out, and takes it in when there is room', async () => {
  const annotations = { 'server-group-type': 'Ip' };
  await shop.apply(aService('wide'), anIngress({ name: 'wide', host: 'wide.example.com', paths: [aPath('/', 'wide')], annotations }));
  const slices = Array.from({ length: 11 }, (_, index) => index);
  const calls = await expectServers('wide', 900, () => shop.apply(...slices.slice(0, 9).map(aSlice)));
  expect(calls['AddServersToServerGroup']).toBeGreaterThan(4);
  expect(await shop.warnings('wide')).toEqual([]);
  // The hundred of `web` count as well: the load balancer takes a thousand.
  await shop.apply(...slices.slice(9).map(aSlice));
  await comes(async () => (await shop.warnings('wide')).length > 0, 'a Warning');
  console.log(JSON.stringify(await shop.warnings('wide')));
  await expectServers('wide', 900, async () => undefined);
  await expectServers('wide', 1000, scale(0));
  await expectServers('wide', 900, async () => {
    for (const index of [9, 10]) await shop.cloud.kube.remove(sliceName(index));
  });
}, 180_000);
