/** A pod that is ready again while its server still drains is registered in the end, whichever way the service takes that. */
import { describe, expect, it } from 'vitest';
import { membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { annotated } from '#test/support/routed-objects.ts';

const draining = { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '30' };

describe.each(['listed', 'gone'])('a server that drains, %s', (drainingServers) => {
  it.each(['accepted', 'conflict', 'configuring'])('and is back beside a new one: %s', async (readdedServers) => {
    const world = await membersWorld({ settings: { drainingServers, readdedServers } });
    try {
      const pod = await world.addPod('back');
      await world.addPod('back');
      await world.apply(aService('back'), annotated('back', draining, [aPath('/', 'back')]));
      const both = await world.registered('back');
      expect(both).toHaveLength(2);
      await world.mark(pod, { ready: false, serving: false });
      await world.bench.run(5000);
      const more = await world.addPod('back');
      await world.mark(pod, { ready: true, serving: true });
      await world.settle();
      expect(await world.registered('back')).toEqual([...both, `Eni ${more.addresses[0]?.ip}:8080`].sort());
    } finally {
      await world.stop();
    }
  });

  it.each(['accepted', 'conflict', 'configuring'])('and is back: %s', async (readdedServers) => {
    const world = await membersWorld({ settings: { drainingServers, readdedServers } });
    try {
      const pod = await world.addPod('back');
      const other = await world.addPod('back');
      await world.apply(aService('back'), annotated('back', draining, [aPath('/', 'back')]));
      const both = [pod, other].map((one) => `Eni ${one.addresses[0]?.ip}:8080`).sort();
      expect(await world.registered('back')).toEqual(both);
      await world.mark(pod, { ready: false, serving: false });
      await world.bench.run(5000);
      await world.bench.calls();
      await world.mark(pod, { ready: true, serving: true });
      await world.settle();
      expect(await world.registered('back')).toEqual(both);
      const additions = (await world.bench.calls()).filter((one) => one.action === 'AddServersToServerGroup').map((one) => one.code);
      expect(additions.at(-1)).toBe('');
      expect(additions.length > 1).toBe(readdedServers !== 'accepted');
    } finally {
      await world.stop();
    }
  });
});

describe('a server that drains for minutes', () => {
  it('is looked at less and less often', async () => {
    const world = await membersWorld({ settings: { drainingServers: 'listed', readdedServers: 'conflict' } });
    try {
      const pod = await world.addPod('back');
      await world.addPod('back');
      await world.apply(aService('back'), annotated('back', { ...draining, 'connection-drain-timeout': '300' }, [aPath('/', 'back')]));
      await world.mark(pod, { ready: false, serving: false });
      await world.bench.run(5000);
      await world.bench.calls();
      await world.mark(pod, { ready: true, serving: true });
      await world.settle();
      expect(await world.registered('back')).toHaveLength(2);
      const looks = (await world.bench.calls()).filter((one) => one.action === 'ListServerGroupServers');
      expect(looks.length).toBeLessThanOrEqual(20);
    } finally {
      await world.stop();
    }
  });
});
