import { describe, expect, it } from 'vitest';
import { Attendance } from '#infra/local/alb/data-plane/attendance.ts';
import { ManualTimers } from './manual-timers.ts';
import { aGroup, aServer, call, MemoryView, serve, start } from './plane.ts';

const set = (...keys: string[]) => new Set(keys);

describe('attendance', () => {
  it('tells who came and who left', () => {
    const attendance = new Attendance();
    expect(attendance.update(set('a', 'b'), 0, 0)).toEqual({ came: ['a', 'b'], left: [] });
    expect(attendance.update(set('b', 'c'), 0, 1)).toEqual({ came: ['c'], left: ['a'] });
  });

  it('lets the first servers of a group carry everything at once, and a later one grow', () => {
    const attendance = new Attendance();
    attendance.update(set('a', 'b'), 30_000, 0);
    attendance.update(set('a', 'b', 'c'), 30_000, 1_000);
    const shares = [1_000, 16_000, 31_000, 90_000].map((now) => ['a', 'c'].map((key) => attendance.share(key, 30_000, now)));
    expect(shares).toEqual([
      [1, 0.01],
      [1, 0.5],
      [1, 1],
      [1, 1],
    ]);
  });

  it('lets nobody start slowly where all others still do or have left', () => {
    const attendance = new Attendance();
    attendance.update(set('a'), 30_000, 0);
    attendance.update(set('a', 'b'), 30_000, 0);
    attendance.update(set('b'), 30_000, 1);
    attendance.update(set('b', 'c'), 30_000, 2);
    expect(attendance.share('c', 30_000, 2)).toBe(1);
  });

  it('knows no slow start once it is switched off', () => {
    const attendance = new Attendance();
    attendance.update(set('a'), 30_000, 0);
    attendance.update(set('a', 'b'), 30_000, 0);
    expect(attendance.share('b', 0, 0)).toBe(1);
  });
});

describe('slow start', () => {
  const slow = (addresses: readonly string[], with_: object = {}) =>
    aGroup(
      'sgp-default',
      addresses.map((address) => aServer(address)),
      { SlowStartConfig: { SlowStartEnabled: true, SlowStartDuration: 100 }, ...with_ },
    );

  async function grown(with_: object = {}) {
    const view = new MemoryView({ groups: [slow(['10.64.0.1'], with_)] });
    for (const address of ['10.64.0.1', '10.64.0.2']) await serve(view, address);
    const timers = new ManualTimers();
    const { plane, url } = await start(view, { timers });
    const join = async () => {
      view.set({ groups: [slow(['10.64.0.1', '10.64.0.2'], with_)] });
      await plane.settled();
    };
    const countNew = async (requests: number) => {
      let count = 0;
      for (let at = 0; at < requests; at++) if ((await call(url)).body === '10.64.0.2') count += 1;
      return count;
    };
    return { join, countNew, timers, view, plane };
  }

  it('gives a new server more and more of its turns', async () => {
    const { join, countNew, timers } = await grown();
    await join();
    expect(await countNew(20)).toBe(0);
    timers.advance(25_000);
    expect(await countNew(20)).toBe(4);
    timers.advance(75_000);
    expect(await countNew(20)).toBe(10);
  });

  it('is not for a group whose scheduler is another', async () => {
    const { join, countNew } = await grown({ Scheduler: 'Wlc' });
    await join();
    expect(await countNew(20)).toBe(10);
  });
});
