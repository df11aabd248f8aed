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
  it('of forwarder, queues and functions, one after the other, leaves what the Ingress wants and nothing beside it', async () => {
    await provision(cloud, [
      { part: 'forwarder', after: undefined },
      { part: 'mns', after: 'CreateLoadBalancer' },
      { part: 'fc', after: 'CreateListener' },
    ]);
    const { loadBalancers, listeners, rules, serverGroups } = await cloud.held();
    // One group for each of two Services, and the empty one of the listener.
    expect([loadBalancers, listeners, rules, serverGroups].map((held) => held.length)).toEqual([1, 1, 2, 3]);
    await lookAgain(cloud);
  }, 120_000);

  it('of forwarder and queues while all is deleted leaves nothing', async () => {
    await takeDown(cloud, [
      { part: 'forwarder', after: undefined },
      { part: 'mns', after: 'DeleteLoadBalancer' },
    ]);
    expect(cloud.deaths).toEqual([]);
  }, 120_000);
});
