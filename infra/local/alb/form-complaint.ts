/** What a form finds wrong, in the words of an answer: elements of lists are counted from 1, as on the wire. */
import type * as z from 'zod';

const place = (path: readonly PropertyKey[]): string => path.map((step) => (typeof step === 'number' ? step + 1 : String(step))).join('.');

/** `undefined` when the value has the form. */
export function formComplaint(member: string, form: z.ZodType, value: unknown): string | undefined {
  const read = form.safeParse(value);
  if (read.success) return undefined;
  return read.error.issues
    .map((issue) => `${[member, place(issue.path)].filter((part) => part !== '').join('.')} ${issue.message}`)
    .join('; ');
}
