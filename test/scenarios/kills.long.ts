/** Each part of the local cloud is killed at each moment of a provisioning and of a removal. Minutes: for `npm run test:all`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Part } from '#infra/local/start/cloud.ts';
import { endings, lookAgain, moments, preparePods, provision, takeDown } from '#test/support/kill-scenario.ts';
import { type StartedCloud, startedCloud } from '#test/support/started-cloud.ts';

const parts: readonly Part[] = ['forwarder', 'mns', 'fc'];
const eachMs = 180_000;

let cloud: StartedCloud;
let wanted: unknown;
beforeAll(async () => {
  cloud = await startedCloud({ functionTimeout: 6 });
  await preparePods(cloud);
  wanted = await provision(cloud, []);
  await takeDown(cloud, []);
}, eachMs);
afterAll(() => cloud.stop());

describe.each(parts)('a kill of %s', (part) => {
  it.each(Object.entries(moments))(
    '%s leaves no trace',
    async (_name, after) => {
      expect(await provision(cloud, [{ part, after }])).toEqual(wanted);
      await lookAgain(cloud);
      await takeDown(cloud, []);
    },
    eachMs,
  );

  it.each(Object.entries(endings))(
    '%s leaves nothing',
    async (_name, after) => {
      await provision(cloud, []);
      await takeDown(cloud, [{ part, after }]);
    },
    eachMs,
  );
});
