/** A Service that more rules name than one group may have references: its groups change, grow and shrink, and no request notices. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import { anEndpointSlice, podIp, zones } from '#test/support/cafe.ts';
import { turn } from '#test/support/group-turns.ts';
import { aClass, anAlbConfig, anIngress, aPath, aService } from '#test/support/objects.ts';
import type { Probe } from '#test/support/probes.ts';
import { warnings } from '#test/support/refused-rules.ts';
import { rewrite } from '#test/support/rewrite.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

/** As many rules may name one group. */
const limit = 50;
const [host, other] = ['many.example.com', 'other.example.com'];

/** An Ingress of so many paths to one Service. */
const many = (count: number, annotations: Readonly<Record<string, string>> = {}, on = host): KubeObject =>
  anIngress({ name: 'many', host: on, annotations, paths: Array.from({ length: count }, (_, at) => aPath(`/p${at}`, 'coffee')) });

let bench: Workbench;
beforeAll(async () => {
  const pods = [podIp(1, 0), podIp(1, 1)];
  const objects: readonly KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    anAlbConfig({ spec: { config: zones, listeners: [{ port: 80, protocol: 'HTTP' }] } }),
    aClass(),
    aService('coffee'),
    anEndpointSlice('coffee', pods),
    many(30),
  ];
  bench = await createWorkbench(objects, pods);
  bench.resync();
  await bench.settle();
});
afterAll(() => bench.stop());

interface GroupState {
  readonly ServerGroupId: string;
  readonly ServerGroupName: string;
  readonly Servers: readonly unknown[];
}

/** How many rules name each group of the Service; fails where one of them has not all servers. */
async function references(): Promise<readonly number[]> {
  const { rules = [], serverGroups = [] } = await bench.alb.state();
  const groups = (serverGroups as unknown as readonly GroupState[]).filter((one) => one.ServerGroupName.includes('coffee')); // the service's own shape
  expect(groups.map((one) => one.Servers.length)).toEqual(groups.map(() => 2));
  return groups.map((group) => rules.filter((one) => JSON.stringify(one).includes(group.ServerGroupId)).length);
}

const probes: readonly Probe[] = [host, other].flatMap((one) => Array.from({ length: 96 }, (_, at) => ({ host: one, path: `/p${at}` })));

/** The calls that it took, and how many rules name each group afterwards. */
async function become(...wish: Parameters<typeof many>): Promise<readonly number[]> {
  const found = await turn(bench, probes, async () => {
    await rewrite(bench, { kind: 'Ingress', namespace: 'shop', name: 'many' }, many(...wish));
    bench.changed();
  });
  if (whole) console.log(JSON.stringify(wish), JSON.stringify(found.calls));
  expect(found.astray).toEqual([]);
  expect(found.dark).toEqual([]);
  expect(warnings(bench)).toEqual([]);
  const shards = await references();
  expect(Math.max(...shards)).toBeLessThanOrEqual(limit);
  expect(Math.min(...shards)).toBeGreaterThan(0);
  expect(shards.reduce((sum, one) => sum + one, 0)).toBe(wish[0]);
  bench.resync();
  await bench.settle();
  expect(await bench.calls()).toEqual([]);
  return shards;
}

describe('a group that many rules want', () => {
  const wlc = { 'backend-scheduler': 'wlc' };
  const turns: readonly (readonly [what: string, wish: Parameters<typeof many>])[] = [
    ['grows beyond what one may have', [60, {}]],
    ['changes its settings', [60, wlc]],
    ['grows on', [95, wlc]],
    ['changes its settings and shrinks', [80, {}]],
    ['changes its type, which cannot be changed', [80, { 'server-group-type': 'Ip' }]],
    ['shrinks to what one may have', [40, { 'server-group-type': 'Ip' }]],
    ['is named for another host: as many references go as come', [40, { 'server-group-type': 'Ip' }, other]],
    ['and back, with all that there is room for', [50, { 'server-group-type': 'Ip' }, host]],
    ['changes its type and grows at once', [90, {}]],
  ];
  it.each(turns)('%s', async (_what, wish) => {
    const [count] = wish;
    const shards = await become(...wish);
    expect(shards.length > 1).toBe(count > limit);
  });
});
