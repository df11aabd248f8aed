/** What lies in the dead-letter queue when we put it there: the reason, and the original as it came, for people and for a replay. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { maximumTextBytes } from './envelope.ts';

export const deadLetterSchema = z.object({
  type: z.literal('albeit.dead-letter'),
  version: z.literal(1),
  /** ISO 8601. */
  at: z.string(),
  /** A row of the error table. */
  code: z.string(),
  facts: z.record(z.string(), z.string()),
  original: z.string(),
  /** True when the original did not fit; `bytes` and `sha256` are those of the whole. */
  truncated: z.boolean(),
  bytes: z.int(),
  sha256: z.string(),
});
type DeadLetter = z.infer<typeof deadLetterSchema>;

export interface DeadLetterReason {
  readonly code: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** The dead letter of `original` as JSON that fits a queue; `at` in ms since 1970. */
export function deadLetter(original: string, reason: DeadLetterReason, at: number): string {
  const letter = {
    type: 'albeit.dead-letter',
    version: 1,
    at: new Date(at).toISOString(),
    code: reason.code,
    facts: reason.facts,
    bytes: Buffer.byteLength(original),
    sha256: createHash('sha256').update(original).digest('hex'),
  } as const;
  const written = (kept: string): string =>
    JSON.stringify({ ...letter, original: kept, truncated: kept.length < original.length } satisfies DeadLetter);
  // Halving rather than counting: how much longer JSON's escapes make the text depends on what is in it.
  let kept = original;
  let text = written(kept);
  while (Buffer.byteLength(text) > maximumTextBytes && kept.length > 0) {
    kept = kept.slice(0, Math.floor(kept.length / 2));
    text = written(kept);
  }
  return text;
}
