/** Events on objects for which no chain runs that could tell: whose class names no AlbConfig, or for which none could be made. */
import { recordEvent } from '#shared/kube/events.ts';
import type { Ingress } from '#shared/model/wish.ts';
import { explainProblem, type Problem } from '#shared/problem.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import type { Workshop } from '#shared/step/workshop.ts';

/** Writes at once. */
const parallel = 8;

/** The uid is what `kubectl describe` looks for. */
const uidOf = ({ object }: Problem, ingresses: readonly Ingress[]): string | undefined =>
  ingresses.find(({ metadata }) => metadata.name === object.name && (metadata.namespace ?? '') === object.namespace)?.metadata.uid;

/** The same problem told again counts up its Event. An Event that cannot be written keeps nothing else from being done. */
export async function warn(problems: readonly Problem[], ingresses: readonly Ingress[], at: Workshop): Promise<void> {
  await eachLimited(problems, parallel, async (problem) => {
    const uid = uidOf(problem, ingresses);
    const object = { ...problem.object, ...(uid === undefined ? {} : { uid }) };
    await recordEvent(at.kube, { object, type: 'Warning', reason: problem.code, message: explainProblem(problem) }).catch(
      (error: unknown) => at.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'event not written'),
    );
  });
}
