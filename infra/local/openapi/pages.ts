/** Pages of a list: at most `MaxResults` items, and an opaque token that continues after the last one however the list changed meanwhile. */
import { createHash } from 'node:crypto';
import { ServiceError } from './service-error.ts';

/** Items are listed by a number that never changes and never comes twice. */
interface Numbered {
  readonly seq: number;
}

export interface PageRequest {
  readonly maxResults: number;
  readonly nextToken: string | undefined;
  /** What the list was asked for besides the page: a token continues only the same question. */
  readonly question: unknown;
  readonly order?: 'oldest-first' | 'newest-first';
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
  readonly total: number;
}

const stamp = (question: unknown): string => createHash('sha256').update(JSON.stringify(question)).digest('hex').slice(0, 12);

function position(request: PageRequest): number | undefined {
  if (request.nextToken === undefined || request.nextToken === '') return undefined;
  const [mark, seq, ...rest] = Buffer.from(request.nextToken, 'base64url').toString('utf8').split('.');
  if (mark !== stamp(request.question) || !/^\d+$/.test(seq ?? '') || rest.length > 0) {
    throw new ServiceError('IllegalParam.NextToken', 'The NextToken does not continue this list.');
  }
  return Number(seq);
}

/** Cuts one page out of everything that matches. */
export function cutPage<T extends Numbered>(all: readonly T[], request: PageRequest): Page<T> {
  const direction = request.order === 'newest-first' ? -1 : 1;
  const after = position(request);
  const sorted = [...all].sort((a, b) => direction * (a.seq - b.seq));
  const rest = after === undefined ? sorted : sorted.filter((one) => direction * (one.seq - after) > 0);
  const items = rest.slice(0, request.maxResults);
  const last = items.at(-1);
  const nextToken =
    last === undefined || items.length === rest.length
      ? undefined
      : Buffer.from(`${stamp(request.question)}.${last.seq}`, 'utf8').toString('base64url');
  return { items, nextToken, total: all.length };
}
