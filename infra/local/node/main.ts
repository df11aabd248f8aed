/** The local node as a process of its own. Options: see `runAsProcess`. */
import * as z from 'zod';
import { runAsProcess } from '../process.ts';
import { mostNodes } from './nodes.ts';
import { nodeSettingsSchema } from './settings.ts';
import { startNode } from './start.ts';

const options = z.strictObject({
  kubeconfig: z.string().min(1),
  albUrl: z.url().optional(),
  deployments: z.boolean(),
  port: z.int().min(0).max(65_535).optional(),
  region: z.string().min(1).optional(),
  nodes: z.int().min(1).max(mostNodes).optional(),
  virtualNode: z.boolean().optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});

await runAsProcess((given) => {
  const { settings, ...rest } = options.parse(given);
  return startNode({ ...rest, ...(settings === undefined ? {} : { settings: nodeSettingsSchema.partial().parse(settings) as object }) });
});
