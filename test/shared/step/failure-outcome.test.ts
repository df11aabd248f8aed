import { describe, expect, it } from 'vitest';
import { CloudFailure, type FailureClass, failureClasses } from '#shared/cloud/failure.ts';
import { AlbeitError } from '#shared/errors.ts';
import { ClaimLost } from '#shared/step/claim.ts';
import { isUnexpected, outcomeOf, staleMemory } from '#shared/step/failure-outcome.ts';
import { OutOfTime } from '#shared/step/guard.ts';

const owner = { kind: 'Ingress', namespace: 'shop', name: 'cafe' };
const failure = (kind: FailureClass, retryAfterMs?: number): CloudFailure =>
  new CloudFailure(kind, {
    action: 'CreateRules',
    code: 'Some.Code',
    detail: 'why',
    requestId: 'r-1',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

describe('what becomes of a failure', () => {
  it.each<[FailureClass, number, number | undefined]>([
    ['throttled', 0, 1],
    ['busy', 0, 1],
    ['conflict', 0, 1],
    ['not-found', 0, 1],
    ['quota', 1, 60],
    ['invalid', 1, undefined],
    ['forbidden', 1, undefined],
    ['transport', 1, undefined],
  ])('%s: parked, %i problem(s) told, not before %s s', (kind, problems, afterSeconds) => {
    const outcome = outcomeOf(failure(kind), owner);
    expect(outcome).toMatchObject({ kind: 'park', problems: Array.from({ length: problems }, () => ({ object: owner })) });
    expect(outcome.kind === 'park' ? outcome.afterSeconds : 'not parked').toBe(afterSeconds);
  });

  it('has a row for every class', () => {
    for (const kind of failureClasses) expect(outcomeOf(failure(kind), owner).kind).toBe('park');
  });

  it('waits as long as the service asks', () => {
    expect(outcomeOf(failure('throttled', 2300), owner)).toMatchObject({ afterSeconds: 3 });
  });

  it('hands over to a successor when the claim or the time is gone, and tells nobody', () => {
    expect(outcomeOf(new ClaimLost('taken'), owner)).toMatchObject({ kind: 'wait' });
    expect(outcomeOf(new OutOfTime('late'), owner)).toMatchObject({ kind: 'wait' });
  });

  it('tells what the program itself refuses, by its code', () => {
    const error = new AlbeitError('VSWITCH-NOT-FOUND', { vswitch: 'vsw-1', vpc: 'vpc-1' });
    expect(outcomeOf(error, owner)).toMatchObject({ kind: 'park', problems: [{ code: 'VSWITCH-NOT-FOUND', facts: { vswitch: 'vsw-1' } }] });
  });

  it.each([[new TypeError('x is undefined')], ['a text that was thrown'], [undefined]])(
    'parks the unexpected as a defect: %s',
    (thrown) => {
      expect(outcomeOf(thrown, owner)).toMatchObject({ kind: 'park', problems: [{ code: 'BUG' }] });
      expect(isUnexpected(thrown)).toBe(true);
    },
  );

  it('knows its own errors from defects', () => {
    for (const error of [failure('busy'), new AlbeitError('BUG'), new ClaimLost('x'), new OutOfTime('x')])
      expect(isUnexpected(error)).toBe(false);
  });
});

it('forgets as much as the failure proves wrong', () => {
  expect(staleMemory(failure('not-found'))).toBe('all');
  expect(staleMemory(failure('conflict'))).toBe('step');
  for (const kind of ['busy', 'throttled', 'transport', 'invalid', 'quota', 'forbidden'] as const)
    expect(staleMemory(failure(kind))).toBe('none');
  expect(staleMemory(new Error('x'))).toBe('none');
});
