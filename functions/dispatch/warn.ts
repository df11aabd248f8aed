/** Events on objects for which no chain runs that could tell: whose class names no AlbConfig, or for which none could be made. */
import type { Ingress } from '#shared/model/wish.ts';
import type { Problem } from '#shared/problem.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { writeWarning } from '#shared/step/write-warning.ts';

/** Writes at once. */
const parallel = 8;

const uidOf = ({ object }: Problem, ingresses: readonly Ingress[]): string | undefined =>
  ingresses.find(({ metadata }) => metadata.name === object.name && (metadata.namespace ?? '') === object.namespace)?.metadata.uid;

/** Tells the owners of these objects. */
export async function warn(problems: readonly Problem[], ingresses: readonly Ingress[], at: Workshop): Promise<void> {
  await eachLimited(problems, parallel, (problem) => writeWarning(problem, uidOf(problem, ingresses), at));
}
