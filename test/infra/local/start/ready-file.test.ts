import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { readListeners } from '#infra/local/start/listeners.ts';
import { type ReadyFacts, removeReadyFile, writeReadyFile } from '#infra/local/start/ready-file.ts';
import { startCloudWire } from '../../../support/cloud-wire.ts';

const facts: ReadyFacts = {
  pid: 1,
  kubeconfig: '/tmp/kubeconfig',
  kubernetes: 'https://127.0.0.1:1',
  mns: 'http://127.0.0.1:2',
  fc: 'http://127.0.0.1:3',
  alb: 'http://127.0.0.1:4',
  console: null,
  credentials: { accessKeyId: 'id', accessKeySecret: 'secret', region: localCredentials.region },
};

it('holds facts and listeners, is for its owner alone, and leaves nothing behind', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'albeit-ready-'));
  const path = join(dir, 'ready.json');
  try {
    await writeReadyFile(path, facts, []);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ ...facts, listeners: [] });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['ready.json']);
    await removeReadyFile(path);
    expect(await readdir(dir)).toEqual([]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

it('learns from the ALB emulator which listeners are open and whose they are', async () => {
  const wire = await startCloudWire();
  const open = { loadBalancerId: 'alb-1', listenerId: 'lsn-1', protocol: 'HTTP', port: 80, url: 'http://127.0.0.1:5' };
  wire.answer(() => ({
    body: {
      dataPlane: [open, { ...open, loadBalancerId: 'alb-2' }],
      loadBalancers: [
        { LoadBalancerId: 'alb-1', Tags: [{ Key: 'ingress.k8s.alibaba/albconfig', Value: 'kube-system/cafe' }] },
        { LoadBalancerId: 'alb-2', Tags: [] },
      ],
    },
  }));
  expect(await readListeners(wire.url)).toEqual([
    { albConfig: 'cafe', ...open },
    { albConfig: '', ...open, loadBalancerId: 'alb-2' },
  ]);
  await wire.stop();
});
