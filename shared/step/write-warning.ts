/** A problem told as an Event on the object that it is about. */
import { recordEvent } from '#shared/kube/events.ts';
import { explainProblem, type Problem } from '#shared/problem.ts';
import type { Workshop } from './workshop.ts';

/**
 * The same problem told again counts up its Event. One that cannot be written keeps nothing else from being done. `uid`: of the object, where
 * it is known; `kubectl describe` looks for Events by it.
 */
export async function writeWarning(
  problem: Problem,
  uid: string | undefined,
  { kube, log }: Pick<Workshop, 'kube' | 'log'>,
): Promise<void> {
  const object = { ...problem.object, ...(uid === undefined ? {} : { uid }) };
  await recordEvent(kube, { object, type: 'Warning', reason: problem.code, message: explainProblem(problem) }).catch((error: unknown) =>
    log.warn({ error: error instanceof Error ? error.message : String(error) }, 'event not written'),
  );
}
