/** The function host as a process of its own. Options: see `runAsProcess`. */
import * as z from 'zod';
import { credentialsSchema } from '../credentials.ts';
import { runAsProcess } from '../process.ts';
import { functionSpec } from './function-spec.ts';
import { startFunctionHost } from './start.ts';

const options = z.strictObject({
  port: z.int().min(0).max(65_535).optional(),
  dir: z.string().min(1),
  credentials: credentialsSchema,
  mnsEndpoint: z.string().startsWith('http'),
  functions: z.array(functionSpec),
  settings: z.record(z.string(), z.unknown()).optional(),
});

await runAsProcess((given) => startFunctionHost(options.parse(given)));
