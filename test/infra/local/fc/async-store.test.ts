import { afterEach, describe, expect, it } from 'vitest';
import type { AsyncRequest } from '#infra/local/fc/async-state.ts';
import { openAsyncStore } from '#infra/local/fc/async-store.ts';
import { scratchFolder } from '#test/support/local-mns.ts';

const request = (id: string): AsyncRequest => ({
  id,
  taskId: id,
  function: 'f',
  payload: 'eA==',
  at: 1,
  status: 'Enqueued',
  executions: 0,
  throttled: 0,
  dueAt: 1,
  failure: '',
});

describe('the store of asynchronous requests', () => {
  const folder = scratchFolder();
  afterEach(() => folder.remove());

  it('opens with what was accepted and not ended, and remembers the task ids of what ended', async () => {
    const first = openAsyncStore(folder.dir);
    for (const id of ['a', 'b', 'c']) first.commit({ op: 'add', request: request(id) });
    const ended = first.ended('b');
    first.end('b', 'Succeeded');
    await ended;
    first.commit({ op: 'executed', id: 'a', executions: 2, dueAt: 9 });
    first.commit({ op: 'failed', id: 'c', status: 'Failed', failure: 'document' });
    first.close();
    const second = openAsyncStore(folder.dir);
    expect(second.get('a')).toMatchObject({ executions: 2, dueAt: 9, status: 'Retrying', payload: 'eA==' });
    expect(second.get('b')).toMatchObject({ status: 'Succeeded', payload: '' });
    expect(second.get('c')).toMatchObject({ failure: 'document' });
    expect(second.isTaken('f', 'b')).toBe(true);
    expect(second.isTaken('f', 'd')).toBe(false);
    second.close();
  });

  it('accepts nothing and ends nothing once it is closed', () => {
    const first = openAsyncStore(folder.dir);
    first.commit({ op: 'add', request: request('a') });
    first.close();
    expect(() => first.commit({ op: 'add', request: request('b') })).toThrow(/stopping/);
    first.end('a', 'Succeeded');
    const second = openAsyncStore(folder.dir);
    expect(second.list().map((one) => [one.id, one.status])).toEqual([['a', 'Enqueued']]);
    second.close();
  });
});
