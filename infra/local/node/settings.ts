/** What a person or a test may set about the local node (`PUT /_/settings`). */
import * as z from 'zod';

export const nodeSettingsSchema = z.strictObject({
  /** How long containers take to start, ms. */
  startMs: z.int().min(0).max(600_000),
  /**
   * A Pod that is deleted goes on serving for its grace period, but no longer than this (seconds): nobody waits 30 s on a laptop. A
   * preStop hook that sleeps is waited for as long as it says.
   */
  maximumGraceSeconds: z.number().min(0).max(3600),
});

export type NodeSettings = Readonly<z.infer<typeof nodeSettingsSchema>>;

export const defaultNodeSettings: NodeSettings = { startMs: 0, maximumGraceSeconds: 2 };
