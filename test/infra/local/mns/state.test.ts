import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultAttributes } from '#infra/local/mns/queue-attributes.ts';
import { applyEntry, emptyState, type LogEntry, type State, snapshotOf } from '#infra/local/mns/state.ts';

const name = fc.constantFrom('a', 'b');
const key = fc.integer({ min: 1, max: 6 });
const blank = {
  body: 'x',
  md5: '',
  priority: 8,
  enqueuedAt: 0,
  visibleAt: 0,
  dequeueCount: 0,
  firstDequeuedAt: 0,
  handle: '',
  copy: false,
};
const head = { attributes: defaultAttributes, createdAt: 0, modifiedAt: 0, deadLetterPolicy: undefined };

const entry: fc.Arbitrary<LogEntry> = fc.oneof(
  name.map((queue): LogEntry => ({ op: 'queue', head: { ...head, name: queue } })),
  fc.tuple(name, fc.nat()).map(([queue, at]): LogEntry => ({ op: 'queue-gone', name: queue, at })),
  fc.tuple(name, key).map(([queue, one]): LogEntry => ({ op: 'message', queue, message: { ...blank, key: one, id: `${one}` } })),
  fc.tuple(name, key, fc.nat()).map(
    ([queue, one, at]): LogEntry => ({
      op: 'delivery',
      queue,
      key: one,
      delivery: { visibleAt: at, dequeueCount: 1, firstDequeuedAt: at, handle: 'h' },
    }),
  ),
  fc.tuple(name, key).map(([queue, one]): LogEntry => ({ op: 'message-gone', queue, key: one })),
  name.map(
    (topic): LogEntry => ({
      op: 'topic',
      head: { name: topic, maximumMessageSize: 1024, loggingEnabled: false, createdAt: 0, modifiedAt: 0 },
    }),
  ),
  name.map((topic): LogEntry => ({ op: 'topic-gone', name: topic })),
  fc.tuple(name, name).map(
    ([topic, one]): LogEntry => ({
      op: 'subscription',
      topic,
      subscription: { name: one, endpoint: '', filterTag: '', notifyStrategy: '', notifyContentFormat: '' },
    }),
  ),
  fc.tuple(name, name).map(([topic, one]): LogEntry => ({ op: 'subscription-gone', topic, name: one })),
);

function stateAfter(entries: readonly LogEntry[]): State {
  const state = emptyState();
  for (const one of entries) applyEntry(state, one);
  return state;
}

describe('the state of the queue service', () => {
  it('is the same after its log was rewritten at any moment', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), (before, after) => {
        const rewritten = snapshotOf(stateAfter(before)).map((one): LogEntry => JSON.parse(JSON.stringify(one)));
        expect(stateAfter([...rewritten, ...after])).toEqual(stateAfter([...before, ...after]));
      }),
    );
  });

  it('never gives out a key twice', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const state = stateAfter([...snapshotOf(stateAfter(entries))]);
        const keys = entries.flatMap((one) => (one.op === 'message' ? [one.message.key] : []));
        return keys.every((one) => one < state.nextKey);
      }),
    );
  });
});
