/** Turns how a message ended into what is sent. Pure: the random number and the time are given. */
import { deadLetter } from '#events/contract/dead-letter.ts';
import type { Message } from '#events/contract/messages.ts';
import { deadLetterQueue, queueOf } from '#shared/steps.ts';
import { backoffSeconds } from './backoff.ts';
import type { Send, Settlement } from './workshop.ts';

/** The queue that a message belongs in. */
export function queueFor(message: Message): string {
  if (message.type === 'albeit.object.changed') return queueOf('dispatch');
  return message.type === 'albeit.members.requested' ? queueOf('server-group') : queueOf(message.step);
}

/** MNS delays a message by a week at most. */
const longestDelaySeconds = 604_800;
/** The most that a message's schema takes. */
const mostAttempts = 1_000_000;

const inRange = (seconds: number): number => Math.min(longestDelaySeconds, Math.max(0, Math.ceil(seconds)));

/**
 * A message that is not at the end: what is sent instead of keeping it. Waiting is no failure, so it does not lengthen the pause after the
 * next one; it only marks the message as one that comes back.
 */
export function repeat(message: Message, settlement: Settlement, random: number): Send | undefined {
  const { outcome } = settlement;
  if (outcome.kind === 'done' || outcome.kind === 'refuse') return undefined;
  if (outcome.kind === 'wait') {
    return { message: { ...message, attempt: Math.max(1, message.attempt) }, delaySeconds: inRange(outcome.seconds) };
  }
  const attempt = outcome.progressed === true ? 0 : message.attempt;
  const pause = Math.max(outcome.afterSeconds ?? 0, backoffSeconds(attempt, random));
  return { message: { ...message, attempt: Math.min(mostAttempts, attempt + 1) }, delaySeconds: inRange(pause) };
}

export interface Refused {
  readonly queue: string;
  readonly body: string;
}

/** The dead letter of a message that no retry can cure. */
export const refusal = (original: string, code: string, facts: Readonly<Record<string, string>>, now: number): Refused => ({
  queue: deadLetterQueue,
  body: deadLetter(original, { code, facts }, now),
});
