import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import type { KubernetesService } from '#infra/local/kubernetes/service.ts';
import { eventually } from '#test/contract/kubernetes/client.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];
const kubectl = process.env['KUBECTL'] ?? (assets === undefined ? '' : join(assets, 'kubectl'));

const MANIFEST = `
apiVersion: v1
kind: Service
metadata: { name: coffee }
spec: { selector: { app: coffee }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: cafe }
spec:
  rules:
    - host: cafe.example.com
      http: { paths: [{ path: /coffee, pathType: Prefix, backend: { service: { name: coffee, port: { number: 80 } } } }] }
`;

/** One session of an unmodified kubectl, as the README tells it. */
describe.skipIf(!existsSync(kubectl))('kubectl', () => {
  let dir: string;
  let service: KubernetesService;
  let manifest: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'albeit-kubectl-'));
    service = await startKubernetes({ dir });
    manifest = join(dir, 'cafe.yaml');
    await writeFile(manifest, MANIFEST);
  });
  afterAll(async () => {
    await service.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const environment = (): NodeJS.ProcessEnv => ({
    ...process.env,
    KUBECONFIG: service.kubeconfig,
    HOME: dir,
    KUBE_EDITOR: join(dir, 'editor'),
  });
  /** What it prints; what it says on stderr when it fails. */
  const run = async (...args: readonly string[]): Promise<string> => {
    const done = await promisify(execFile)(kubectl, args, { env: environment() }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return `${done.stdout}${done.stderr}`;
  };

  it('applies, shows, changes, compares, waits and deletes', async () => {
    expect(await run('apply', '-f', manifest)).toBe('service/coffee created\ningress.networking.k8s.io/cafe created\n');
    expect(await run('apply', '-f', manifest)).toBe('service/coffee unchanged\ningress.networking.k8s.io/cafe unchanged\n');
    expect(await run('get', 'ingress,service')).toMatch(/ingress\.networking\.k8s\.io\/cafe +<none> +cafe\.example\.com +80 +\d+s/);

    const watching = spawn(kubectl, ['get', 'ingress', '-w', '-o', 'name'], { env: environment() });
    let seen = '';
    watching.stdout.on('data', (text) => {
      seen += text;
    });
    await eventually(
      async () => seen,
      (text) => text.includes('cafe'),
    );
    const before = seen.length;
    await writeFile(join(dir, 'editor'), '#!/bin/sh\nsed -i s/cafe.example.com/edited.example.com/ "$1"\n');
    await chmod(join(dir, 'editor'), 0o755);
    expect(await run('edit', 'ingress', 'cafe')).toBe('ingress.networking.k8s.io/cafe edited\n');
    await eventually(
      async () => seen.length,
      (length) => length > before,
    );
    watching.kill();

    expect(await run('get', 'ingress', 'cafe', '-o', 'jsonpath={.spec.rules[0].host}')).toBe('edited.example.com');
    expect(await run('diff', '-f', manifest)).toContain('+  - host: cafe.example.com');
    expect(await run('patch', 'service', 'coffee', '-p', '{"spec":{"ports":[{"port":80,"targetPort":9090}]}}')).toBe(
      'service/coffee patched\n',
    );
    expect(await run('label', 'ingress', 'cafe', 'team=a')).toContain('labeled');
    expect(await run('annotate', 'ingress', 'cafe', 'note=b')).toContain('annotated');
    expect(await run('get', 'ingress', '-l', 'team in (a)', '-o', 'name')).toBe('ingress.networking.k8s.io/cafe\n');
    expect(await run('describe', 'ingress', 'cafe')).toContain('coffee:80');
    expect(await run('explain', 'ingress.spec.rules.http.paths')).toMatch(/pathType\t<string> -required-/);
    expect(await run('api-resources')).toMatch(/ingresses +ing +networking\.k8s\.io\/v1 +true +Ingress/);
    expect(await run('wait', 'ingress/cafe', '--for=jsonpath={.metadata.labels.team}=a', '--timeout=5s')).toContain('condition met');
    expect(await run('delete', '-f', manifest)).toMatch(/service "coffee" deleted.*\n.*"cafe" deleted/);
    expect(await run('get', 'ingress')).toContain('No resources found');
  });

  it('is told in words why something is refused', async () => {
    const wrong = join(dir, 'wrong.yaml');
    await writeFile(wrong, (await readFile(manifest, 'utf8')).replace('pathType: Prefix,', '').replace('cafe.example.com', 'Cafe'));
    const said = await run('apply', '-f', wrong, '--validate=false');
    expect(said).toContain('The Ingress "cafe" is invalid:');
    expect(said).toContain('pathType must be specified');
    expect(await run('create', 'namespace', 'x')).toContain('kubectl apply -f FILE');
    expect(await run('apply', '--server-side', '-f', manifest)).toContain('without --server-side');
  });
});
