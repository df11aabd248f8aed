/** The emulated ALB with its data plane as a process of its own. Options: see `runAsProcess`. */
import * as z from 'zod';
import { credentialsSchema } from '../credentials.ts';
import { runAsProcess } from '../process.ts';
import { startDataPlane } from './data-plane/data-plane.ts';
import { startAlb } from './start.ts';

const options = z.strictObject({
  port: z.int().min(0).max(65_535).optional(),
  credentials: credentialsSchema,
  settings: z.record(z.string(), z.unknown()).optional(),
  /** First port of the listeners on this machine; absent: any free ones. */
  listenerPorts: z.int().min(1).max(65_535).optional(),
});

await runAsProcess((given) => {
  const { listenerPorts, port = 0, ...rest } = options.parse(given);
  return startAlb({ port, ...rest, dataPlane: (view) => startDataPlane(view, { ports: listenerPorts ?? 'free' }) });
});
