/** The switches of the queue service: what the reference marks as unknown or as chance, so that suites can pass under every value. */
import * as z from 'zod';

const schema = z.strictObject({
  verifySignature: z.boolean(),
  /** Status of `TimeExpired`: the signing page says 400, the table of errors 408. */
  clockSkewStatus: z.union([z.literal(400), z.literal(408)]),
  /** Added to the service's clock: lets a test pass delays and time limits without waiting. */
  clockAheadSeconds: z.int(),
  /** How long the name of a deleted queue is refused; 0 = not at all. */
  queueDeletedRecentlySeconds: z.int().min(0),
  /** Ready messages come in random order, priorities ignored. */
  shuffle: z.boolean(),
  /** Each message is there to be received twice, under one message id. */
  deliverTwice: z.boolean(),
  /** Every Nth entry of a batch send fails; 0 = none. */
  failEveryNthOfBatch: z.int().min(0),
  /** More long polls than this on one queue are answered at once as empty; 0 = no limit. */
  maximumLongPolls: z.int().min(0),
});

export type MnsSettings = z.infer<typeof schema>;

export const defaultSettings: MnsSettings = {
  verifySignature: true,
  clockSkewStatus: 408,
  clockAheadSeconds: 0,
  queueDeletedRecentlySeconds: 0,
  shuffle: false,
  deliverTwice: false,
  failEveryNthOfBatch: 0,
  maximumLongPolls: 0,
};

/** The settings with some changed. Throws a ZodError that names what is unknown or out of range. */
export const changeSettings = (settings: MnsSettings, changes: unknown): MnsSettings => {
  const given = schema.partial().parse(changes);
  return schema.parse({ ...settings, ...given });
};
