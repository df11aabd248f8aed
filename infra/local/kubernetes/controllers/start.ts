/** The controllers that run beside the API, woken by its changes. */
import type { Api } from '../api.ts';
import { builtInKind } from '../resources.ts';
import { create } from '../write.ts';
import { CustomResources } from './custom-resources.ts';
import { EndpointSlices } from './endpoint-slices.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { Namespaces } from './namespaces.ts';
import { runOnChanges } from './work.ts';

const SYSTEM = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** Starts them and makes the namespaces of a new cluster. Returns what stops them. */
export function startControllers(api: Api): () => void {
  const stops = [new Namespaces(api), new GarbageCollector(api), new EndpointSlices(api), new CustomResources(api)].map((controller) =>
    runOnChanges(api, controller),
  );
  for (const name of SYSTEM) create(api, builtInKind('Namespace'), '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return () => {
    for (const stop of stops) stop();
  };
}
