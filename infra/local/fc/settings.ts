/** The switches of the function host: times that the service does not promise, and behaviour that the reference marks as unknown. */
import * as z from 'zod';

const ms = z.int().min(0);

const schema = z.strictObject({
  verifySignature: z.boolean(),
  /** Added to the start of every instance. */
  coldStartMs: ms,
  /** An instance without work goes away after this long; the service says 3 to 5 minutes. */
  idleSeconds: z.number().min(0),
  /** Instances at once of all functions together. */
  accountConcurrency: z.int().min(1),
  /** Whether a message is deleted when the event was handed over durably, or only when the function succeeded. Unknown of the service. */
  acknowledge: z.enum(['before', 'after']),
  /** Every batch of a queue trigger is delivered twice. */
  duplicate: z.boolean(),
  /** The events of a batch come in random order. */
  shuffle: z.boolean(),
  /** Length of a trigger's poll. */
  pollSeconds: z.int().min(1).max(20),
  /** Wait before a failed asynchronous request runs again; doubled each time. */
  errorRetryFirstMs: ms,
  /** Wait of an asynchronous request that met the concurrency limit; doubled each time up to `throttleRetryMaxMs`. */
  throttleRetryFirstMs: ms,
  throttleRetryMaxMs: ms,
  /** `when-free`: a request that met the limit runs as soon as an instance is free, instead of after its wait. */
  throttledStart: z.enum(['after-wait', 'when-free']),
  /** A synchronous push of a trigger is tried this often, with waits between these two. */
  pushTries: z.int().min(1),
  pushWaitMinMs: ms,
  pushWaitMaxMs: ms,
});

export type FcSettings = z.infer<typeof schema>;

export const defaultSettings: FcSettings = {
  verifySignature: true,
  coldStartMs: 0,
  idleSeconds: 300,
  accountConcurrency: 100,
  acknowledge: 'before',
  duplicate: false,
  shuffle: false,
  pollSeconds: 20,
  errorRetryFirstMs: 1000,
  throttleRetryFirstMs: 500,
  throttleRetryMaxMs: 5 * 3_600_000,
  throttledStart: 'after-wait',
  pushTries: 3,
  pushWaitMinMs: 10_000,
  pushWaitMaxMs: 20_000,
};

/** The settings with some changed. Throws a ZodError that names what is unknown or out of range. */
export function changeSettings(settings: FcSettings, changes: unknown): FcSettings {
  const given = schema.partial().parse(changes);
  return schema.parse({ ...settings, ...given });
}
