/** What is remembered of a thing that the service refuses for what it says, whichever noun it is of. */
import type { CloudFailure } from '#shared/cloud/failure.ts';
import type { Problem } from '#shared/problem.ts';

/** What was refused may be accepted without having changed: a quota raised, a permission given. A sweep after this long (ms) tries it again. */
export const triedAgainAfterMs = 30 * 60 * 1000;

/** Of what the service says, in characters: a record holds up to 200 of these. */
const longestDetail = 200;

/** As much as is remembered of what the service says. */
export const shortDetail = (detail: string | undefined): string => (detail ?? '').slice(0, longestDetail);

/** What people are told of a refusal; `path`: which thing was refused. What is named and not there is theirs to name rightly. */
export const whyRefused = ({ code, failure, facts }: CloudFailure, path: string): Omit<Problem, 'object'> => ({
  code: failure === 'not-found' ? 'CLOUD-INVALID' : code,
  path,
  facts: { ...facts, detail: shortDetail(facts['detail']) },
});
