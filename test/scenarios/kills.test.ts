/** Parts of the local cloud are killed while an Ingress comes and goes: it ends as if nothing had happened. `kills.long.ts` has every moment. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookAgain, preparePods, provision, takeDown } from '#test/support/kill-scenario.ts';
import { type StartedCloud, startedCloud } from '#test/support/started-cloud.ts';

let cloud: StartedCloud;
beforeAll(async () => {
  cloud = await startedCloud({ functionTimeout: 6 });
  await preparePods(cloud);
}, 120_000);
afterAll(() => cloud.stop());

describe('a kill', () => {
  let wanted: unknown;

  it('of forwarder and queues while all is deleted leaves nothing', async () => {
    wanted = await provision(cloud, []);
    await takeDown(cloud, [
      { part: 'forwarder', after: undefined },
      { part: 'mns', after: 'DeleteLoadBalancer' },
    ]);
  }, 120_000);

  it('of forwarder, queues and functions, one after the other, leaves no trace in what was provisioned', async () => {
    const held = await provision(cloud, [
      { part: 'forwarder', after: undefined },
      { part: 'mns', after: 'CreateLoadBalancer' },
      { part: 'fc', after: 'CreateListener' },
    ]);
    expect(held).toEqual(wanted);
    await lookAgain(cloud);
    expect(cloud.deaths).toEqual([]);
  }, 120_000);
});
