/** The claim's guard around the cloud: before every write, the claim must still cover the call. A read needs no claim. */

import type { Alb } from '#shared/cloud/alb/port.ts';

/** The time of this claim, or of this invocation, is nearly over: what is left is handed to a successor. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

const isWrite = (method: string): boolean => /^(create|update|delete|add|remove|replace|disable|tag|untag)/.test(method);

/**
 * Same ALB, but writes refuse to begin when `covers` says there is no time for one, which takes `callMs` at most. `written` is told of each
 * that the service accepted.
 */
export function guardWrites(alb: Alb, callMs: number, covers: (ms: number) => boolean, written: () => void = () => undefined): Alb {
  return new Proxy(alb, {
    get(target, property, receiver) {
      const member: unknown = Reflect.get(target, property, receiver);
      if (typeof member !== 'function' || typeof property !== 'string' || !isWrite(property)) return member;
      return (...args: unknown[]) => {
        if (!covers(callMs)) return Promise.reject(new OutOfTime('not enough time is left for another write'));
        const answer: unknown = Reflect.apply(member, target, args);
        if (answer instanceof Promise) answer.then(written, () => undefined);
        return answer;
      };
    },
  });
}
