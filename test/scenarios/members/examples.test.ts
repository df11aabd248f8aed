/** Examples that need nodes, or health checks that pass with time, do what their comment says, on top of the café. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readManifests } from '#infra/local/start/apply.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { kinds } from '#shared/kube/port.ts';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { expectQuiet } from '#test/support/routed.ts';
import { carryOut, shownIn } from '#test/support/routed-curl.ts';
import { until } from '#test/support/until.ts';

const read = (file: string): string => readFileSync(new URL(`../../../examples/${file}`, import.meta.url), 'utf8');

const objectsOf = (file: string): readonly KubeObject[] =>
  readManifests(read(file), file).map((object) => ({
    ...object,
    metadata: { ...object.metadata, ...(kinds[object.kind].namespaced ? { namespace: object.metadata.namespace ?? 'default' } : {}) },
  })) as readonly KubeObject[]; // read by the schema of manifests

/** Has what `prepare` adds to the cluster before the example is applied, and carries its commands out. */
async function shows(file: string, prepare: (world: MembersWorld) => Promise<void>, more: (world: MembersWorld) => Promise<void>) {
  const albConfig = objectsOf('cafe.yaml').find((one) => one.kind === 'AlbConfig');
  if (albConfig === undefined) throw new Error('the café has no AlbConfig');
  const world = await membersWorld({ albConfig });
  onTestFinished(() => world.stop());
  const objects = objectsOf(file);
  await world.write(...objects.filter((one) => one.kind === 'Namespace'));
  await prepare(world);
  await world.apply(...objects);
  await more(world);
  const shown = shownIn(read(file));
  expect(shown.length).toBeGreaterThan(0);
  for (const one of shown) await carryOut(one, world);
  await expectQuiet(world);
}

describe('the example', () => {
  it('node-port.yaml registers the nodes with pods by their port, each by its number of pods', async () => {
    await shows(
      'node-port.yaml',
      async (world) => {
        for (const node of ['one', 'two', 'three']) await world.addNode(node);
        for (const node of ['one', 'three']) await world.addPod('bakery', { namespace: 'default', node });
      },
      async (world) => expect(await world.registered('bakery')).toEqual(['Ecs i-one-1:30080 weight 1', 'Ecs i-three-1:30080 weight 1']),
    );
  });

  it('rolling-update.yaml serves by pods that have passed their checks', async () => {
    await shows(
      'rolling-update.yaml',
      async (world) => {
        for (let pods = 0; pods < 3; pods++) await world.addPod('roastery', { namespace: 'roastery' });
      },
      async (world) => {
        const group = (await world.bench.alb.state())['serverGroups']?.find((one) => String(one['ServerGroupName']).includes('roastery'));
        const healthy = (): boolean => {
          // Slowly enough for probes to be answered before their timeout.
          world.pass(50);
          const found = world.plane.health(String(group?.['ServerGroupId']));
          return found.map(({ status }) => status).join() === 'Normal,Normal,Normal';
        };
        await until(healthy, 'three healthy pods', 15_000);
        expect(group).toMatchObject({ ConnectionDrainConfig: { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 60 } });
      },
    );
  });
});
