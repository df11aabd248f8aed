/**
 * The promises about members that are counts, read from the journals of the emulators over the processes of `npm start`.
 * `numbers-members.test.ts` has them in memory, with those of the API server. Minutes: for `npm run test:all`.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cluster } from '#infra/local/start/settings.ts';
import { mergeSlices } from '#shared/kube/endpoint-reader.ts';
import { digestOf } from '#shared/model/wanted-servers.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { emptyServiceLedger, type ServiceLedger } from '#shared/step/record.ts';
import { createRecords, isTaken } from '#shared/step/records.ts';
import { anEndpointSlice, ipOfMany, serviceName } from '#test/support/cafe.ts';
import { comes, countedCalls, isReady, type LiveShop, openShop, shopMs, shopName } from '#test/support/live-shop.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import type { Call } from '#test/support/started-cloud.ts';

let shop: LiveShop;
beforeAll(async () => {
  shop = await openShop();
}, 180_000);
afterAll(() => shop?.stop());

const parts = ['alb', 'fc', 'mns'] as const;
type Calls = Readonly<Record<(typeof parts)[number], readonly Call[]>>;

/** Every call that the emulators answered meanwhile, all of it at rest before and afterwards. */
async function callsOf(work: () => Promise<void>): Promise<Calls> {
  await shop.cloud.rest(shopMs);
  const since = await Promise.all(parts.map(async (part) => (await shop.cloud.calls(part)).at(-1)?.seq ?? 0));
  await work();
  await shop.cloud.rest(shopMs);
  const [alb = [], fc = [], mns = []] = await Promise.all(parts.map((part, index) => shop.cloud.calls(part, since[index])));
  return { alb, fc, mns };
}

const sent = ({ mns }: Calls): readonly string[] =>
  mns.filter(({ action }) => /^(Batch)?SendMessage$/.test(action)).map(({ params }) => String(params['queue']));
const named = (calls: readonly Call[], write: boolean): readonly string[] =>
  calls.filter((one) => one.write === write).map((one) => one.action);

/** Of group `web`; the listener has an empty one of its own. */
async function servers(): Promise<number> {
  const { serverGroups } = await shop.cloud.held();
  return serverGroups.flatMap((one) => one['Servers'] as readonly unknown[]).length;
}

it('one endpoint of a Service that 50 Ingresses share costs one write and two reads, one message and one invocation', async () => {
  const others = Array.from({ length: 49 }, (_, index) =>
    anIngress({ name: `other-${index}`, host: `other-${index}.example.com`, paths: [aPath('/', 'web')] }),
  );
  await shop.apply(...others);
  await comes(async () => (await shop.cloud.held()).rules.length === 50, 'fifty rules');
  const calls = await callsOf(async () => {
    await shop.cloud.kube.mergePatch({ kind: 'Deployment', ...shopName }, { spec: { replicas: 4 } });
    await comes(async () => (await shop.pods()).filter(isReady).length === 4 && (await servers()) === 4, 'four servers');
  });
  console.log(JSON.stringify({ alb: countedCalls(calls.alb), fc: countedCalls(calls.fc), messages: sent(calls) }));
  expect(named(calls.alb, true)).toEqual(['AddServersToServerGroup']);
  expect(named(calls.alb, false)).toEqual(['DescribeNetworkInterfaces', 'ListAsynJobs']);
  expect(sent(calls)).toEqual(['server-group']);
  expect(calls.fc.map(({ params }) => params['function'])).toEqual(['albeit-server-group']);
  expect(shop.lost()).toEqual({});
}, 180_000);

it('a restart of the forwarder costs one message and no call of the cloud when a thousand Services are as they were', async () => {
  const rule = { albConfig: 'cafe', mode: 'eni', portName: 'http' } as const;
  const { kube } = shop.cloud;
  const records = createRecords(kube);
  // As the lane leaves them: a group, and the digest of what was applied.
  const indexes = Array.from({ length: 999 }, (_, index) => index);
  await eachLimited(indexes, 4, async (index) => {
    const key = { kind: 'Service', cluster, namespace: 'shop', name: serviceName(index) } as const;
    const slice = anEndpointSlice(serviceName(index), [ipOfMany(index)]);
    await kube.create(slice);
    await records.setGroups(key, 'cafe', { [`sgp-${index}`]: rule });
    const claim = await records.claim<ServiceLedger>(key, { holder: 'before', claimSeconds: 60 }, emptyServiceLedger);
    if (isTaken(claim)) throw new Error('nobody else is here');
    const digest = digestOf(rule, { endpoints: mergeSlices([slice]), nodes: [] });
    await claim.release({ members: { [`sgp-${index}`]: { digest, wanted: 1, registered: 1, servers: [] } } });
  });
  expect(await shop.cloud.records()).toHaveLength(1001);
  const calls = await callsOf(async () => {
    const last = (await shop.cloud.calls('fc')).at(-1)?.seq ?? 0;
    await shop.cloud.kill('forwarder');
    await shop.cloud.revive('forwarder');
    await comes(async () => (await shop.cloud.calls('fc', last)).length > 0, 'the look that a resync asks for');
  });
  console.log(
    JSON.stringify({ alb: countedCalls(calls.alb), fc: calls.fc.map(({ params }) => params['function']), messages: sent(calls) }),
  );
  expect(sent(calls)).toEqual(['ingest']);
  expect(calls.alb).toEqual([]);
  expect(calls.fc.map(({ params }) => params['function'])).toEqual(['albeit-dispatch']);
}, 180_000);
