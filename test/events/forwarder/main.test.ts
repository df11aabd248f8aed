import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { startMns } from '#infra/local/mns/start.ts';
import type { LocalService } from '#infra/local/service.ts';
import { type ClosableQueues, createQueues } from '#shared/cloud/mns/adapter.ts';
import { anIngress, aService } from '#test/support/objects.ts';
import { kubeconfigText, page, type ScriptedApi, type ScriptedWatch, scriptedWatch, startScriptedApi } from '#test/support/scripted-api.ts';
import { until } from '#test/support/until.ts';

const startsWithin = 20_000;

describe('the forwarder as a process', () => {
  let dir: string;
  let api: ScriptedApi;
  let mns: LocalService;
  let queues: ClosableQueues;
  let child: ChildProcess | undefined;
  let output: string;
  let environment: Readonly<Record<string, string>>;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'albeit-forwarder-'));
    api = await startScriptedApi();
    mns = await startMns({ dir, credentials: localCredentials });
    queues = createQueues({ ...localCredentials, endpoint: mns.url });
    await queues.ensureQueue('ingest');
    await writeFile(join(dir, 'kubeconfig'), kubeconfigText(api.url));
    output = '';
    environment = {
      PATH: process.env['PATH'] ?? '',
      KUBECONFIG: join(dir, 'kubeconfig'),
      ALBEIT_CLUSTER: 'c-1',
      ALBEIT_SIGNING_KEYS: JSON.stringify({ sign: 'k', keys: [{ id: 'k', secret: randomBytes(32).toString('base64') }] }),
      ALBEIT_MNS_ENDPOINT: mns.url,
      ALBEIT_ACCOUNT_ID: localCredentials.accountId,
      ALBEIT_ACCESS_KEY_ID: localCredentials.accessKeyId,
      ALBEIT_ACCESS_KEY_SECRET: localCredentials.accessKeySecret,
      ALBEIT_HEALTH_PORT: '0',
    };
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    queues.close();
    await mns.stop();
    await api.stop();
    await rm(dir, { recursive: true });
  });

  const start = (change: Readonly<Record<string, string>> = {}): Promise<number | null> => {
    const started = spawn(process.execPath, ['--import', 'tsx', 'events/forwarder/main.ts'], { env: { ...environment, ...change } });
    child = started;
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (text) => (output += String(text)));
    return new Promise((resolve) => started.once('exit', resolve));
  };
  const subjects = async () => (await queues.receive('ingest', 16)).map((one) => JSON.parse(one.body).subject);

  it('tells on SIGTERM what is pending, and exits 0', async () => {
    const ingresses: ScriptedWatch = scriptedWatch();
    const albClass = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'alb', resourceVersion: '1' },
      spec: { controller: 'ingress.k8s.alibabacloud/alb', parameters: { apiGroup: 'alibabacloud.com', kind: 'AlbConfig', name: 'cafe' } },
    };
    api.script('IngressClass', page([albClass], '9'));
    api.script('Ingress', page([], '9'), ingresses.reply);
    api.script('Service', page([aService('coffee')], '9'));
    for (const kind of ['AlbConfig', 'EndpointSlice'] as const) api.script(kind, page([], '9'));
    // Long enough that nothing but the end of the process can have told what is pending.
    const exit = start({ ALBEIT_WINDOW_MS: '60000' });
    await until(() => ingresses.opened && output.split('"listed"').length === 6, `the start, after ${output}`, startsWithin);
    const cafe = anIngress();
    ingresses.send('ADDED', { ...cafe, metadata: { ...cafe.metadata, resourceVersion: '10' } });
    const port = /"port":(\d+)/.exec(output)?.[1];
    await until(
      async () => (await (await fetch(`http://127.0.0.1:${port}/readyz`)).text()).includes('"pendingKeys":2'),
      'two pending keys',
    );
    child?.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect((await subjects()).sort()).toEqual(['c-1/AlbConfig/cafe', 'c-1/Cluster']);
    for (const line of output.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    expect(output).not.toContain(localCredentials.accessKeySecret);
  });

  it('says why it cannot start, without any secret', async () => {
    expect(await start({ ALBEIT_CLUSTER: '', ALBEIT_MNS_ENDPOINT: 'nowhere' })).toBe(1);
    expect(output).toMatch(/^the forwarder cannot start: settings that are missing or wrong: ALBEIT_CLUSTER, ALBEIT_MNS_ENDPOINT/);
    expect(output).not.toContain(localCredentials.accessKeySecret);
  });
});
