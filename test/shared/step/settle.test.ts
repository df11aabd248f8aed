import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadLetterSchema } from '#events/contract/dead-letter.ts';
import { type Message, message as messageSchema } from '#events/contract/messages.ts';
import { backoffSeconds } from '#shared/step/backoff.ts';
import { type Outcome, wait } from '#shared/step/outcome.ts';
import { queueFor, refusal, repeat } from '#shared/step/settle.ts';

const key = { kind: 'AlbConfig', cluster: 'c-test', name: 'cafe' } as const;
const request = (attempt: number): Message => ({
  type: 'albeit.step.requested',
  version: 1,
  key,
  step: 'rule',
  phase: 'apply',
  chain: 'a',
  attempt,
});
const settled = (outcome: Outcome) => ({ outcome, sends: [] });
const park = (afterSeconds?: number): Outcome => ({
  kind: 'park',
  because: 'x',
  problems: [],
  ...(afterSeconds === undefined ? {} : { afterSeconds }),
});

describe('pauses between tries', () => {
  it('double, up to ten minutes', () => {
    expect([0, 1, 2, 3, 9, 10, 11, 1_000_000].map((attempt) => backoffSeconds(attempt, 1))).toEqual([1, 2, 4, 8, 512, 600, 600, 600]);
  });

  it('are spread over their upper half, and whole seconds of at least one', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const pause = backoffSeconds(attempt, random);
        expect(Number.isInteger(pause)).toBe(true);
        expect(pause).toBeGreaterThanOrEqual(Math.max(1, Math.floor(backoffSeconds(attempt, 1) / 2)));
        expect(pause).toBeLessThanOrEqual(backoffSeconds(attempt, 1));
      }),
    );
  });
});

describe('what is sent instead of keeping a message', () => {
  it('is nothing when it is at its end', () => {
    expect(repeat(request(3), settled({ kind: 'done', changed: true }), 0.5)).toBeUndefined();
    expect(repeat(request(3), settled({ kind: 'refuse', code: 'X', because: '' }), 0.5)).toBeUndefined();
  });

  it('is the message later when it waits, marked as one that came back, and no worse for it', () => {
    expect(repeat(request(0), settled(wait(4, 'x')), 0.5)).toEqual({ message: request(1), delaySeconds: 4 });
    expect(repeat(request(1), settled(wait(4, 'x')), 0.5)).toEqual({ message: request(1), delaySeconds: 4 });
    expect(repeat(request(7), settled(wait(4, 'x')), 0.5)).toEqual({ message: request(7), delaySeconds: 4 });
  });

  it('is the message as if it failed for the first time, when it came further before it did', () => {
    const further: Outcome = { kind: 'park', because: 'x', problems: [], afterSeconds: 4, progressed: true };
    expect(repeat(request(9), settled(further), 1)).toEqual({ message: request(1), delaySeconds: 4 });
  });

  it('is the message after a longer pause each time it fails', () => {
    expect([0, 1, 2, 3].map((attempt) => repeat(request(attempt), settled(park()), 1))).toEqual(
      [1, 2, 4, 8].map((delaySeconds, attempt) => ({ message: request(attempt + 1), delaySeconds })),
    );
  });

  it('honours what the service asked for when that is longer', () => {
    expect(repeat(request(0), settled(park(30)), 1)?.delaySeconds).toBe(30);
    expect(repeat(request(9), settled(park(30)), 1)?.delaySeconds).toBe(512);
  });

  it('is always a message and a delay that a queue takes', () => {
    const outcome = fc.oneof(
      fc.double({ noNaN: true, min: 0, max: 1e12 }).map((seconds) => wait(seconds, 'x')),
      fc.double({ noNaN: true, min: 0, max: 1e12 }).map((seconds) => park(seconds)),
    );
    fc.assert(
      fc.property(outcome, fc.nat(1_000_000), (ended, attempt) => {
        const again = repeat(request(attempt), settled(ended), 0.5);
        expect(messageSchema.safeParse(again?.message).success).toBe(true);
        expect(Number.isInteger(again?.delaySeconds)).toBe(true);
        expect(again?.delaySeconds).toBeLessThanOrEqual(604_800);
      }),
    );
  });
});

it('has a queue for every message', () => {
  const members: Message = {
    type: 'albeit.members.requested',
    version: 1,
    key: { kind: 'Service', cluster: 'c', namespace: 'n', name: 's' },
    attempt: 0,
  };
  const changed: Message = { type: 'albeit.object.changed', version: 1, key, reason: 'resync', attempt: 0 };
  expect([request(0), members, changed].map(queueFor)).toEqual(['rule', 'server-group', 'ingest']);
});

it('keeps the original, the reason and the time in a dead letter', () => {
  const { queue, body } = refusal('as it came', 'MESSAGE-MALFORMED', { detail: 'why' }, 0);
  expect(queue).toBe('dead-letter');
  expect(deadLetterSchema.parse(JSON.parse(body))).toMatchObject({
    code: 'MESSAGE-MALFORMED',
    facts: { detail: 'why' },
    original: 'as it came',
    at: '1970-01-01T00:00:00.000Z',
  });
});
