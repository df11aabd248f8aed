import { describe, expect, it } from 'vitest';
import type { Setting } from './setting.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** What a client learns before it asks for anything. */
export function discoveryCases({ client, namespace }: Setting): void {
  describe('discovery and identity', () => {
    it('refuses a token that nobody has', async () => {
      const answer = await client().get('/api/v1/namespaces', { token: 'nobody' });
      expect([answer.status, answer.body.reason]).toEqual([401, 'Unauthorized']);
    });

    it('names groups, resources, verbs and subresources in two documents', async () => {
      const core = await client().get('/api', { accept: AGGREGATED });
      const groups = await client().get('/apis', { accept: AGGREGATED });
      expect([core.body.kind, groups.body.kind]).toEqual(['APIGroupDiscoveryList', 'APIGroupDiscoveryList']);
      const networking = groups.body.items.find((group: { metadata: { name: string } }) => group.metadata.name === 'networking.k8s.io');
      const ingresses = networking.versions[0].resources.find((one: { resource: string }) => one.resource === 'ingresses');
      expect(ingresses).toMatchObject({
        scope: 'Namespaced',
        shortNames: ['ing'],
        singularResource: 'ingress',
        responseKind: { kind: 'Ingress' },
      });
      expect(ingresses.verbs).toEqual(['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']);
      expect(ingresses.subresources[0]).toMatchObject({ subresource: 'status', verbs: ['get', 'patch', 'update'] });
    });

    it('serves the older documents to older clients', async () => {
      expect((await client().get('/api')).body.versions).toEqual(['v1']);
      expect((await client().get('/apis')).body.kind).toBe('APIGroupList');
      const list = await client().get('/apis/discovery.k8s.io/v1');
      expect(list.body.resources[0]).toMatchObject({ name: 'endpointslices', kind: 'EndpointSlice', namespaced: true });
    });

    it('publishes OpenAPI v3 with merge keys, at the address that the index gives', async () => {
      const index = await client().get('/openapi/v3');
      const document = await client().get(index.body.paths['api/v1'].serverRelativeURL);
      const ports = document.body.components.schemas['io.k8s.api.core.v1.ServiceSpec'].properties.ports;
      expect(ports['x-kubernetes-patch-merge-key']).toBe('port');
      expect(document.body.paths['/api/v1/namespaces/{namespace}/services/{name}'].patch['x-kubernetes-action']).toBe('patch');
    });

    it('answers 404 for what it does not have and 405 for what cannot be done', async () => {
      const at = await namespace();
      expect((await client().get('/api/v1/unknowns')).status).toBe(404);
      expect((await client().get('/apis/unknown.example.com/v1')).status).toBe(404);
      expect((await client().post(at, {})).status).toBe(405);
    });
  });
}
