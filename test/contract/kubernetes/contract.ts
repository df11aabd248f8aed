/** The contract of a Kubernetes API as this project uses it: the embedded one and a real one must pass exactly this. */
import { afterAll, beforeAll, describe } from 'vitest';
import { Client } from './client.ts';
import { customResourceCases } from './custom-resources.ts';
import { deletionCases } from './deletion.ts';
import { discoveryCases } from './discovery.ts';
import { endpointSliceCases } from './endpoint-slices.ts';
import { listCases } from './lists.ts';
import { objectCases } from './objects.ts';
import { patchCases } from './patches.ts';
import type { Setting } from './setting.ts';
import { validationCases } from './validation.ts';
import { watchCases } from './watches.ts';

export interface ServerUnderTest {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Runs every case against the server that `make` starts. */
export function kubernetesContract(name: string, make: () => Promise<ServerUnderTest>): void {
  describe(`Kubernetes contract: ${name}`, () => {
    let server: ServerUnderTest;
    let client: Client;
    let count = 0;
    beforeAll(async () => {
      server = await make();
      client = new Client(server.kubeconfig);
    });
    afterAll(async () => {
      client?.close();
      await server?.stop();
    });
    const setting: Setting = {
      client: () => client,
      async namespace() {
        count += 1;
        const made = await client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `case-${count}` } });
        if (made.status !== 201) throw new Error(JSON.stringify(made.body));
        return `/api/v1/namespaces/case-${count}`;
      },
      inGroup: (group, namespace) => namespace.replace('/api/v1', `/apis/${group}`),
    };
    for (const cases of [
      discoveryCases,
      objectCases,
      patchCases,
      listCases,
      watchCases,
      validationCases,
      customResourceCases,
      deletionCases,
      endpointSliceCases,
    ])
      cases(setting);
  });
}
