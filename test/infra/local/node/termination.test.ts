import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '#infra/local/node/objects.ts';
import { servesOnMs } from '#infra/local/node/termination.ts';

const ending = (grace: number | undefined, ...preStops: readonly NonNullable<Container['lifecycle']>['preStop'][]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'tea', namespace: 'default', ...(grace === undefined ? {} : { deletionGracePeriodSeconds: grace }) },
  spec: { containers: preStops.map((preStop, at) => ({ name: `c${at}`, ...(preStop === undefined ? {} : { lifecycle: { preStop } }) })) },
});

const command = (...words: string[]) => ({ exec: { command: words } });

describe('a pod that is being deleted', () => {
  it.each<[string, Pod, number]>([
    ['for its grace period', ending(1, undefined), 1_000],
    ['no longer than the setting says', ending(30, undefined), 2_000],
    ['no longer than the setting says, also where no grace is told', ending(undefined, undefined), 2_000],
    ['as long as its hook sleeps', ending(30, { sleep: { seconds: 10 } }), 10_000],
    ['as long as the command of its hook sleeps', ending(30, command('/bin/sh', '-c', 'nginx -s quit; sleep 7')), 7_000],
    ['as long as a plain sleep', ending(30, command('sleep', '0.5')), 500],
    ['as long as the longest of its hooks', ending(30, command('sleep', '3'), { sleep: { seconds: 5 } }, undefined), 5_000],
    ['never longer than its grace period', ending(4, { sleep: { seconds: 10 } }), 4_000],
    ['as without a hook, when that does not sleep', ending(30, command('/bin/sh', '-c', 'nosleep 20')), 2_000],
    ['not at all when it is forced', ending(0, { sleep: { seconds: 10 } }), 0],
  ])('serves on %s', (_, pod, ms) => {
    expect(servesOnMs(pod, 2)).toBe(ms);
  });
});
