/** What `PUT /_/settings` can change while the API runs. */
import * as z from 'zod';

export const settingsSchema = z.strictObject({
  /** Milliseconds between bookmarks of a watch. The real API: about 60 s. */
  bookmarkMs: z.number().int().positive(),
  /** Changes kept; a watch from before them is told 410. */
  watchHistory: z.number().int().nonnegative(),
});

/** Changed in place, so that running watches see it. */
export type Settings = z.infer<typeof settingsSchema>;

export const defaultSettings: Readonly<Settings> = { bookmarkMs: 60_000, watchHistory: 10_000 };
