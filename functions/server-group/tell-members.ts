/** What the lane tells people: Events on the Service whose endpoints could not all become servers. */
import { recordEvent } from '#shared/kube/events.ts';
import { explainProblem, type ObjectRef, type Problem } from '#shared/problem.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import type { Resolved } from './look-ups.ts';

/** An Event is a sentence: of many addresses the first few are named. */
const named = 5;

/** The first few, and how many more there are. */
export const listOf = (texts: readonly string[]): string =>
  texts.length <= named ? texts.join(', ') : `${texts.slice(0, named).join(', ')} and ${texts.length - named} more`;

export const unresolvedProblems = (object: ObjectRef, { interfaces, instances }: Resolved['without']): readonly Problem[] => [
  ...(interfaces.length === 0 ? [] : [{ code: 'MEMBER-NO-INTERFACE', object, facts: { address: listOf(interfaces) } } as const]),
  ...(instances.length === 0 ? [] : [{ code: 'MEMBER-NO-INSTANCE', object, facts: { address: listOf(instances) } } as const]),
];

/** An Event that cannot be written keeps nothing else from being done. */
export async function tellProblems(problems: readonly Problem[], at: Workshop): Promise<void> {
  const tell = async (problem: Problem): Promise<void> => {
    const { namespace, name } = problem.object;
    const uid = (await at.kube.get({ kind: 'Service', namespace, name }))?.metadata.uid;
    const object = { ...problem.object, ...(uid === undefined ? {} : { uid }) };
    await recordEvent(at.kube, { object, type: 'Warning', reason: problem.code, message: explainProblem(problem) });
  };
  for (const problem of problems) {
    await tell(problem).catch((error: unknown) => at.log.warn({ error: String(error) }, 'report not written'));
  }
}
