/** What the references leave open about ALB's data plane, as switches (`PUT /_/settings` of the ALB, member `dataPlane`). */
import * as z from 'zod';

export const dataPlaneSettingsSchema = z.strictObject({
  /** What happens when no server of a group passes its checks: `refuse` answers 503, `forward` tries them all the same. */
  whenAllUnhealthy: z.enum(['refuse', 'forward']).default('refuse'),
  /**
   * How many other servers are tried when one cannot be connected to. Nothing has been sent then, so trying again is safe for every
   * method. A server that fails after bytes were sent is never tried again: the answer is 502.
   */
  connectRetries: z.int().min(0).max(10).default(1),
});

export type DataPlaneSettings = Readonly<z.infer<typeof dataPlaneSettingsSchema>>;

export const defaultSettings: DataPlaneSettings = dataPlaneSettingsSchema.parse({});
