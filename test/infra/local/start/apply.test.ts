import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyFile, readManifests } from '#infra/local/start/apply.ts';
import { readRoutes } from '#infra/local/start/routes.ts';
import { createFakeKube } from '../../../support/fake-kube.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'albeit-apply-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const service = (port: number) => `
apiVersion: v1
kind: Service
metadata: { name: tea }
spec: { ports: [{ port: ${port} }] }
`;

describe('applying a file', () => {
  it('creates what is not there and changes what is, like kubectl', async () => {
    const kube = createFakeKube();
    const file = join(dir, 'service.yaml');
    await writeFile(file, service(80));
    expect(await applyFile(kube, file)).toEqual([{ kind: 'Service', namespace: 'default', name: 'tea' }]);
    await writeFile(file, service(81));
    await applyFile(kube, file);
    const [held] = kube.held('Service');
    expect(held).toMatchObject({ spec: { ports: [{ port: 81 }] }, metadata: { namespace: 'default' } });
    const annotation = held?.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? '{}';
    expect(JSON.parse(annotation)).toMatchObject({ kind: 'Service', spec: { ports: [{ port: 81 }] } });
  });

  it('names the file and what is wrong in it', () => {
    expect(() => readManifests('kind: [', 'broken.yaml')).toThrow(/^broken\.yaml: /);
    expect(() => readManifests('apiVersion: v1\nkind: Gadget\nmetadata: {name: x}', 'strange.yaml')).toThrow(/strange\.yaml[\s\S]*kind/);
  });

  it('takes the example as it is, in an order in which nothing is missing, and knows the ways into it', async () => {
    const kube = createFakeKube();
    const applied = await applyFile(kube, 'examples/cafe.yaml');
    expect(applied.map((name) => `${name.kind}/${name.name}`)).toEqual([
      'AlbConfig/cafe',
      'IngressClass/alb',
      'Deployment/coffee',
      'Deployment/tea',
      'Service/coffee',
      'Service/tea',
      'Ingress/cafe',
    ]);
    expect(await readRoutes('examples/cafe.yaml')).toEqual([
      { host: 'cafe.example.com', path: '/coffee', namespace: 'default', service: 'coffee' },
      { host: 'cafe.example.com', path: '/tea', namespace: 'default', service: 'tea' },
    ]);
  });
});
