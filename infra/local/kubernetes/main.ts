/** The local Kubernetes API as a process: `{ port, dir, assets? }`; with `assets` the real control plane. */
import * as z from 'zod';
import { runAsProcess } from '../process.ts';
import { startControlPlane } from './assets.ts';
import { startKubernetes } from './server.ts';

const schema = z.strictObject({
  port: z.int().min(0).max(65_535).default(0),
  dir: z.string().min(1),
  assets: z.string().min(1).optional(),
});

await runAsProcess((given) => {
  const { port, dir, assets } = schema.parse(given);
  return assets === undefined ? startKubernetes({ port, dir }) : startControlPlane({ assets, port, dir });
});
