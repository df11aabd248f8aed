/** Whoever makes, refuses or deletes groups may die at any call: what is remembered of refusals never keeps the rest from coming right. */
import { afterEach, describe, expect, it } from 'vitest';
import { type GroupBench, settledCafe, writesOf } from '#test/support/group-bench.ts';
import { nameOf, refOf, served } from '#test/support/refused-rules.ts';
import { whole } from '#test/support/whole.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

/** No room for another group before one has gone, and one Ingress goes: created in vain, deleted, created. */
async function tightChange(point: number, lost: boolean): Promise<boolean> {
  const made = await settledCafe(3, { quotas: { serverGroups: 4 } });
  bench = made;
  await made.chain.kube.remove(refOf(3));
  made.chain.dieAfter(point, lost);
  await made.annotate(1, { 'backend-scheduler': 'wlc' });
  if (!made.chain.died()) return false;
  // What a death left unsaid is said by the next sweep at the latest.
  await made.sweep();
  expect((await made.groupOf(1)).settings.scheduler).toBe('Wlc');
  expect((await made.groupOf(1)).serverCount).toBe(2);
  expect(await made.groups()).toHaveLength(3);
  expect(await served(made.chain)).toEqual([1, 2].map(nameOf));
  expect(made.condition()).toMatchObject({ status: 'True', reason: 'Applied' });
  const { refusedGroups, stayingGroups } = await made.ledger();
  expect([refusedGroups, stayingGroups]).toEqual([undefined, undefined]);
  await made.sweep();
  expect(await writesOf(made)).toEqual([]);
  await made.stop();
  bench = undefined;
  return true;
}

/** All points of death take a minute. */
const step = whole ? 1 : 31;

describe('a change that needs a group to go before another can be made', () => {
  it.each([false, true])('comes to its end wherever its functions die (the answer of the last call lost: %s)', async (lost) => {
    let deaths = 0;
    for (let point = lost ? 4 : 0; await tightChange(point, lost); point += step) deaths += 1;
    expect(deaths).toBeGreaterThan(1);
  });
});
