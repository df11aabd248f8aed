/** What is deployed: functions with their limits, environment and triggers, as `serverless.yml` describes them to the real service. */
import * as z from 'zod';

const functionName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, 'a function name has 1 to 64 letters, digits, _ or -, and begins with a letter or _');
const queueName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,119}$/, 'not the name of an MNS queue');

const queueTrigger = z.strictObject({
  kind: z.literal('queue'),
  queue: queueName,
  /** CountBasedWindow. */
  batch: z.int().min(1).max(10_000),
  /** TimeBasedWindow; 0 = at once. */
  windowSeconds: z.number().min(0).max(15).default(0),
  /** `asyncInvocationType`: hand over and go on, or wait for the result before the next batch. */
  asyncInvocation: z.boolean(),
  errorsTolerance: z.enum(['ALL', 'NONE']),
  eventSchema: z.enum(['CloudEvents', 'RawData']).default('CloudEvents'),
  mode: z.enum(['event-streaming', 'event-driven']).default('event-streaming'),
  /** `IsBase64Decode`. */
  base64Decode: z.boolean().default(true),
  deadLetterQueue: queueName.optional(),
});

const every = /^@every (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

const timerTrigger = z.strictObject({
  kind: z.literal('timer'),
  name: z.string().min(1).default('timer'),
  /** `@every 5m`. The six-field form needs a calendar, which no part of the local cloud has. */
  cronExpression: z.string().regex(every, 'the local cloud knows the form @every 1h30m only'),
  payload: z.string().default(''),
});

const topicTrigger = z.strictObject({
  kind: z.literal('topic'),
  topic: queueName,
  filterTag: z.string().max(16).default(''),
  /** `STREAM`: the body alone. */
  notifyContentFormat: z.enum(['STREAM', 'JSON']).default('STREAM'),
  notifyStrategy: z.enum(['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY']).default('BACKOFF_RETRY'),
});

/** Own variables take 4 KB in all, and the prefix FC_ is the service's. */
const environment = z
  .record(
    z
      .string()
      .regex(/^(?!FC_)[A-Za-z][A-Za-z0-9_]*$/, 'a variable begins with a letter, has letters, digits and _, and never the prefix FC_'),
    z.string(),
  )
  .refine(
    (variables) => Object.entries(variables).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0) <= 4096,
    {
      message: 'the variables of a function take at most 4 KB in all',
    },
  );

export const functionSpec = z.strictObject({
  name: functionName,
  /** Path of the built ES module. */
  bundle: z.string().min(1),
  /** `file.export`; the export is what is called. */
  handler: z
    .string()
    .regex(/^.+\.[A-Za-z_$][\w$]*$/)
    .default('index.handler'),
  timeoutSeconds: z.number().min(0.1).max(86_400),
  memoryMiB: z.int().min(128).max(32_768).multipleOf(64),
  /** `reservedConcurrency`: instances at once; each runs one request. */
  concurrency: z.int().min(1).max(300),
  environment: environment.default({}),
  triggers: z.array(z.discriminatedUnion('kind', [queueTrigger, topicTrigger, timerTrigger])).default([]),
  /** `onFailure` destination of asynchronous requests. */
  failureDestinationQueue: queueName.optional(),
  maxAsyncRetryAttempts: z.int().min(0).max(8).default(3),
  maxAsyncEventAgeSeconds: z.int().min(1).max(604_800).default(86_400),
});

/** As the caller writes it: defaults may be left out. */
export type FunctionInput = z.input<typeof functionSpec>;
export type FunctionSpec = z.infer<typeof functionSpec>;
export type QueueTrigger = z.infer<typeof queueTrigger>;
export type TopicTrigger = z.infer<typeof topicTrigger>;
export type TimerTrigger = z.infer<typeof timerTrigger>;

/** The period of an `@every` expression, in milliseconds. */
export function periodMs(expression: string): number {
  const [, hours = '0', minutes = '0', seconds = '0'] = every.exec(expression) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
