/** The queue service as a process of its own. Options: see `runAsProcess`. */
import * as z from 'zod';
import { credentialsSchema } from '../credentials.ts';
import { runAsProcess } from '../process.ts';
import { startMns } from './start.ts';

const options = z.strictObject({
  port: z.int().min(0).max(65_535).optional(),
  dir: z.string().min(1),
  credentials: credentialsSchema,
  settings: z.record(z.string(), z.unknown()).optional(),
});

await runAsProcess((given) => startMns(options.parse(given)));
