/** Work on servers that fails, and puts everything back or leaves it half done: the members are right in the end, and nobody was dark. */
import { describe, expect, it } from 'vitest';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { annotated } from '#test/support/routed-objects.ts';
import type { WorldPod } from '#test/support/world-pods.ts';

const namesOf = (pods: readonly WorldPod[]): readonly string[] => pods.map((one) => `Eni ${one.addresses[0]?.ip}:8080`).sort();

const podsOf = async (world: MembersWorld, count: number): Promise<readonly WorldPod[]> => {
  const pods: WorldPod[] = [];
  while (pods.length < count) pods.push(await world.addPod('unlucky'));
  return pods;
};

const writes = ['AddServersToServerGroup', 'RemoveServersFromServerGroup', 'ReplaceServersInServerGroup'];
const failing = (times: number) => writes.map((action) => ({ match: { action }, times, kind: 'failed-job', code: 'InternalError' }));

describe.each(['undone', 'half-done'])('jobs on servers that fail and are %s', (failedServerJobs) => {
  it('are done again until the members are right, and the group is never empty meanwhile', async () => {
    const world = await membersWorld({ settings: { failedServerJobs } });
    try {
      await world.bench.alb.put('faults', failing(1));
      const first = await podsOf(world, 4);
      await world.apply(aService('unlucky'), annotated('unlucky', {}, [aPath('/', 'unlucky')]));
      expect(await world.registered('unlucky')).toEqual(namesOf(first));
      // The job of the first addition failed.
      const additions = (await world.bench.calls()).filter((one) => one.action === 'AddServersToServerGroup' && one.code === '');
      expect(additions.length).toBeGreaterThan(1);
      const groupId = (await world.bench.alb.state())['serverGroups']?.find((one) => one['ServerCount'] === 4)?.['ServerGroupId'];
      const fewest = { servers: Number.POSITIVE_INFINITY };
      const look = async (): Promise<void> => {
        const serving = world.bench.alb.service.view.group(String(groupId))?.Servers.length ?? 0;
        fewest.servers = Math.min(fewest.servers, serving);
      };
      await world.bench.alb.put('faults', failing(2));
      for (const one of first) await world.dropPod(one);
      const second = await podsOf(world, 4);
      await world.bench.settle(look);
      expect(await world.registered('unlucky')).toEqual(namesOf(second));
      expect(fewest.servers).toBeGreaterThan(0);
      for (const one of second.slice(1)) await world.dropPod(one);
      await world.bench.settle(look);
      expect(await world.registered('unlucky')).toEqual(namesOf(second.slice(0, 1)));
      expect(fewest.servers).toBeGreaterThan(0);
    } finally {
      await world.stop();
    }
  });
});
