import { describe, expect, it } from 'vitest';
import { outcomeInLane } from '#functions/server-group/members/lane-outcome.ts';
import { CloudFailure, type FailureClass } from '#shared/cloud/failure.ts';

const service = { kind: 'Service', cluster: 'c-1', namespace: 'shop', name: 'coffee' } as const;

/** What a lane does about a failure at its so many-th attempt. */
const outcomeAt = (attempt: number, failure: FailureClass, more: { readonly random?: number; readonly retryAfterMs?: number } = {}) => {
  const { random = 0, ...after } = more;
  const error = new CloudFailure(failure, { action: 'AddServersToServerGroup', code: 'Any', detail: '', requestId: '', ...after });
  const message = { type: 'albeit.members.requested', version: 1, key: service, attempt } as const;
  return outcomeInLane(error, { message }, { random: () => random });
};

describe('a Service whose calls are throttled', () => {
  it('comes back after the same short while, however often it was turned away', () => {
    for (const attempt of [0, 5, 20]) expect(outcomeAt(attempt, 'throttled')).toMatchObject({ kind: 'wait', seconds: 1 });
  });

  it('comes back at another moment than its neighbours', () => {
    expect(outcomeAt(0, 'throttled', { random: 0.999 })).toMatchObject({ kind: 'wait', seconds: 3 });
  });

  it('waits for as long as the service says', () => {
    expect(outcomeAt(0, 'throttled', { retryAfterMs: 7_200 })).toMatchObject({ kind: 'wait', seconds: 8 });
    expect(outcomeAt(0, 'throttled', { retryAfterMs: 0 })).toMatchObject({ kind: 'wait', seconds: 1 });
  });

  it('is told of any other failure as a step of the chain is', () => {
    const object = { kind: 'Service', namespace: 'shop', name: 'coffee' };
    expect(outcomeAt(0, 'quota')).toMatchObject({ kind: 'park', problems: [{ object }] });
  });
});
