/** Every way in which a Service's endpoints become servers (semantics 7.2), with requests through them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { expectQuiet } from '#test/support/routed.ts';
import { annotated, hostOf } from '#test/support/routed-objects.ts';

let world: MembersWorld;
beforeAll(async () => {
  world = await membersWorld();
});
afterAll(() => world?.stop());

const ingress = (name: string, annotations: Readonly<Record<string, string>> = {}) => annotated(name, annotations, [aPath('/', name)]);

/** Every request during the change is answered by a pod of the Service. */
async function during(name: string, change: () => Promise<void>): Promise<void> {
  const failed: (string | number)[] = [];
  await change();
  await world.settle(async () => {
    const found = await world.goesTo({ host: hostOf(name) });
    if (found !== name) failed.push(found);
  });
  expect(failed).toEqual([]);
}

describe('mode eni', () => {
  it('registers pods of a ClusterIP Service by their addresses, as they come and go', async () => {
    const first = await world.addPod('plain');
    await world.apply(aService('plain'), ingress('plain'));
    expect(await world.goesTo({ host: hostOf('plain') })).toBe('plain');
    expect(await world.registered('plain')).toEqual([`Eni ${first.addresses[0]?.ip}:8080`]);
    let second = first;
    await during('plain', async () => {
      second = await world.addPod('plain');
      await world.dropPod(first);
    });
    expect(await world.registered('plain')).toEqual([`Eni ${second.addresses[0]?.ip}:8080`]);
    await expectQuiet(world);
  });

  it('registers pods of a headless Service', async () => {
    await world.addPod('headless');
    await world.apply(
      aService('headless', { spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 8080 }] } }),
      ingress('headless'),
    );
    expect(await world.goesTo({ host: hostOf('headless') })).toBe('headless');
    await expectQuiet(world);
  });

  it('leaves out an address that no interface has, serves by the others, and takes it in once it has one', async () => {
    await world.addPod('strange');
    const late = await world.addPod('strange', { unknown: true });
    const ip = String(late.addresses[0]?.ip);
    await world.write(aService('strange'), ingress('strange'));
    await world.bench.run(60_000);
    expect(await world.goesTo({ host: hostOf('strange') })).toBe('strange');
    expect(await world.registered('strange')).toHaveLength(1);
    await world.attach(late);
    await world.settle();
    expect(await world.registered('strange')).toContain(`Eni ${ip}:8080`);
    await expectQuiet(world);
  });
});
