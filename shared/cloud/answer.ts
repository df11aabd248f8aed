/** Raw answers meet their schema here: one that does not match is no usable answer, and says where. */
import * as z from 'zod/mini';
import { CloudFailure } from './failure.ts';

/** The answer as the schema has it, or a `transport` failure naming the field. */
export function parseAnswer<S extends z.core.$ZodType>(action: string, schema: S, answer: unknown): z.output<S> {
  const parsed = z.safeParse(schema, answer);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new CloudFailure('transport', { action, code: '', detail: `the answer is wrong at "${field}"`, requestId: '' });
}
