import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import type { KubernetesService } from '#infra/local/kubernetes/service.ts';
import { Client, eventually } from '#test/contract/kubernetes/client.ts';
import { configMap, ingress } from '#test/contract/kubernetes/examples.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** What only the embedded API has: its refusals, its doors, and what a test can make happen through them. */
describe('embedded Kubernetes API', () => {
  let dir: string;
  let service: KubernetesService;
  let client: Client;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'albeit-kubernetes-'));
    service = await startKubernetes({ dir });
    client = new Client(service.kubeconfig);
  });
  afterEach(async () => {
    client.close();
    await service.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it.each([
    [
      'server-side apply',
      () => client.call('PATCH', `${CONFIG_MAPS}/x?fieldManager=me`, { body: configMap('x'), type: 'application/apply-patch+yaml' }),
      'without --server-side',
    ],
    [
      'protobuf',
      () => client.call('POST', CONFIG_MAPS, { body: 'k8s', type: 'application/vnd.kubernetes.protobuf' }),
      'kubectl apply -f FILE',
    ],
  ])('refuses %s with a sentence that says what to use instead', async (_what, call, words) => {
    const answer = await call();
    expect([answer.status, answer.body.reason]).toEqual([415, 'UnsupportedMediaType']);
    expect(answer.body.message).toContain(words);
  });

  it('says what it does not do for pods', async () => {
    const answer = await client.get('/api/v1/namespaces/default/pods/x/log');
    expect([answer.status, answer.body.kind]).toEqual([501, 'Status']);
  });

  it('ends a watch from before what it remembers with 410, inside an answer of 200', async () => {
    const first = await client.post(CONFIG_MAPS, configMap('one'));
    for (const name of ['two', 'three', 'four']) await client.post(CONFIG_MAPS, configMap(name));
    expect((await client.put('/_/settings', { watchHistory: 1 })).status).toBe(200);
    const watch = await client.watch(`${CONFIG_MAPS}?watch=true&resourceVersion=${first.body.metadata.resourceVersion}`);
    await watch.until(() => watch.ended);
    expect(watch.events).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
    const page = await client.get(`${CONFIG_MAPS}?limit=1`);
    for (const name of ['five', 'six']) await client.post(CONFIG_MAPS, configMap(name));
    expect((await client.get(`${CONFIG_MAPS}?limit=1&continue=${page.body.metadata.continue}`)).status).toBe(410);
  });

  it('sends bookmarks as often as it is told to, and only to those who want them', async () => {
    await client.put('/_/settings', { bookmarkMs: 20 });
    const wanting = await client.watch(`${CONFIG_MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=0`);
    const plain = await client.watch(`${CONFIG_MAPS}?watch=true&resourceVersion=0`);
    await client.post('/api/v1/namespaces/default/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'elsewhere' } });
    const elsewhere = await client.get('/api/v1/namespaces/default/secrets/elsewhere');
    const version = elsewhere.body.metadata.resourceVersion;
    const events = await wanting.until((all) =>
      all.some((event) => event.type === 'BOOKMARK' && event.object.metadata.resourceVersion === version),
    );
    expect(events.every((event) => event.object.kind === 'ConfigMap')).toBe(true);
    expect(plain.events.filter((event) => event.type === 'BOOKMARK')).toEqual([]);
    wanting.close();
    plain.close();
  });

  it('refuses malformed settings and faults, and keeps what it had', async () => {
    expect((await client.put('/_/settings', { bookmarkMs: 'often' })).status).toBe(400);
    expect((await client.put('/_/faults', [{ kind: 'unknown', match: {} }])).status).toBe(400);
    expect((await client.get('/api/v1/namespaces')).status).toBe(200);
  });

  it('lets requests meet their faults as often as was said', async () => {
    await client.put('/_/faults', [{ kind: 'error', match: { verb: 'list', path: 'configmaps' }, times: 1 }]);
    expect((await client.get(`${CONFIG_MAPS}/none`)).status).toBe(404);
    expect([(await client.get(CONFIG_MAPS)).status, (await client.get(CONFIG_MAPS)).status]).toEqual([503, 200]);
    await client.put('/_/faults', [{ kind: 'reset', match: { verb: 'list' }, times: 1 }]);
    await expect(client.get(CONFIG_MAPS)).rejects.toThrow(/ECONNRESET|hang up/);
    await client.put('/_/faults', [{ kind: 'cut-list', match: { verb: 'list' }, times: 1 }]);
    await expect(client.get(CONFIG_MAPS)).rejects.toThrow();
    expect((await client.get(CONFIG_MAPS)).status).toBe(200);
  });

  it('breaks running watches on request', async () => {
    const watch = await client.watch(`${CONFIG_MAPS}?watch=true&resourceVersion=0`);
    await client.put('/_/faults', [{ kind: 'watch-close', match: { verb: 'none' } }]);
    await watch.until(() => watch.ended);
  });

  it('writes every request down and shows what it holds, without secrets', async () => {
    await client.post('/api/v1/namespaces/default/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"password":"planted"}' } },
      stringData: { password: 'planted' },
    });
    await client.get(`${CONFIG_MAPS}/none`);
    const lines = String((await client.get('/_/journal?after=0')).body);
    const state = await client.get('/_/state');
    expect(JSON.stringify(state.body)).not.toContain(Buffer.from('planted').toString('base64'));
    expect(JSON.stringify(state.body)).not.toContain('planted');
    expect(state.body.secrets).toHaveLength(1);
    const calls = lines
      .trim()
      .split('\n')
      .map((line): { action: string; status: number; write: boolean } => JSON.parse(line));
    expect(calls.map((call) => [call.action, call.status, call.write])).toEqual([
      ['create', 201, true],
      ['get', 404, false],
    ]);
    expect(lines).not.toContain('planted');
  });

  it('is trusted by those who knew it after a restart, and tells them that their versions are old', async () => {
    const before = await readFile(service.kubeconfig, 'utf8');
    const { resourceVersion } = (await client.get(CONFIG_MAPS)).body.metadata;
    const port = Number(new URL(service.url).port);
    await service.stop();
    service = await startKubernetes({ dir, port });
    expect(await readFile(service.kubeconfig, 'utf8')).toBe(before);
    const again = new Client(service.kubeconfig);
    const watch = await again.watch(`${CONFIG_MAPS}?watch=true&resourceVersion=${resourceVersion}`);
    await watch.until(() => watch.ended);
    expect(watch.events[0]).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    again.close();
  });

  it('says which port is in use', async () => {
    await expect(startKubernetes({ dir, port: Number(new URL(service.url).port) })).rejects.toThrow(/port \d+ is in use/);
  });

  it('keeps a watch through a thousand changes', async () => {
    const at = '/apis/networking.k8s.io/v1/namespaces/default/ingresses';
    await client.post(at, ingress('one'));
    const watch = await client.watch(`${at}?watch=true`);
    for (let n = 1; n <= 1000; n += 1) await client.merge(`${at}/one`, { metadata: { labels: { n: String(n) } } });
    const events = await watch.until((all) => all.length >= 1001);
    expect(events.slice(1).map((event) => event.object.metadata.labels.n)).toEqual(Array.from({ length: 1000 }, (_, n) => String(n + 1)));
    watch.close();
  });

  it('answers slowly when told to, and still answers', async () => {
    await client.put('/_/faults', [{ kind: 'latency', match: { verb: 'get' }, latencyMs: 1, times: 1 }]);
    await eventually(
      () => client.get('/api/v1/namespaces/default'),
      (answer) => answer.status === 200,
    );
  });
});
