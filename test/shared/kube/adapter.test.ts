import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKube } from '#shared/kube/adapter.ts';
import type { Kube, KubeObject } from '#shared/kube/port.ts';
import {
  cutList,
  html,
  kubeconfigText,
  page,
  type Reply,
  refusal,
  reset,
  type ScriptedApi,
  startScriptedApi,
} from '#test/support/scripted-api.ts';

const lease: KubeObject = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { namespace: 'shop', name: 'one', uid: 'u', resourceVersion: '1' },
};
const name = { kind: 'Lease', namespace: 'shop', name: 'one' } as const;
const silence: Reply = () => undefined;
const halfAnswer: Reply = (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{"kind":');

describe('Kubernetes adapter on a bad day', () => {
  let api: ScriptedApi;
  let kube: Kube;

  beforeAll(async () => {
    // The library is loaded by the first call, which here takes longer than the deadline of these tests.
    await createKube({ kubeconfig: { text: kubeconfigText('http://127.0.0.1:1') } })
      .get(name)
      .catch(() => undefined);
  });
  beforeEach(async () => {
    api = await startScriptedApi();
    kube = createKube({ kubeconfig: api.kubeconfig, deadlineMs: 500 });
  });
  afterEach(async () => {
    kube.close();
    await api.stop();
  });

  it.each([
    ['500', refusal(500, 'InternalError')],
    ['503', refusal(503, 'ServiceUnavailable')],
    ['429', refusal(429, 'TooManyRequests')],
    ['a reset', reset],
    ["a proxy's page", html],
    ['silence', silence],
    ['half an answer', halfAnswer],
    ['a cut answer', cutList],
  ])('tells that the server is away on %s, once and without another try', async (_, reply) => {
    const calls: readonly (() => Promise<unknown>)[] = [
      () => kube.get(name),
      () => kube.list('Lease'),
      () => kube.create(lease),
      () => kube.replace(lease),
      () => kube.mergePatch(name, {}),
      () => kube.remove(name),
    ];
    api.script('Lease', ...calls.map(() => reply));
    const outcomes = await Promise.allSettled(calls.map((call) => call()));
    expect(outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : one.value))).toEqual(calls.map(() => 'KUBE-AWAY'));
    expect(api.asked('Lease')).toHaveLength(calls.length);
  });

  it('tells what was refused and why', async () => {
    api.script('Lease', refusal(403, 'Forbidden'), refusal(422, 'Invalid'));
    await expect(kube.get(name)).rejects.toMatchObject({ code: 'KUBE-REFUSED', facts: { verb: 'get', object: 'Lease shop/one' } });
    await expect(kube.create(lease)).rejects.toThrow(/HTTP 422 Invalid/);
  });

  it('reads every page of a list, and begins anew once when the server forgets it', async () => {
    api.script('Lease', page([lease], '5', 'a'), refusal(410, 'Expired'), page([lease], '6', 'b'), page([lease, lease], '6'));
    const list = await kube.list('Lease');
    expect(list.items).toHaveLength(3);
    expect(list.resourceVersion).toBe('6');
    expect(api.asked('Lease').map((url) => new URL(url, api.url).searchParams.get('continue'))).toEqual([null, 'a', null, 'b']);
  });

  it('gives up a list that expires twice', async () => {
    const once = [page([lease], '5', 'a'), refusal(410, 'Expired')];
    api.script('Lease', ...once, ...once);
    await expect(kube.list('Lease')).rejects.toMatchObject({ code: 'KUBE-AWAY' });
  });

  it('never gives half of a list', async () => {
    api.script('Lease', page([lease], '5', 'a'), refusal(503, 'ServiceUnavailable'));
    await expect(kube.list('Lease')).rejects.toMatchObject({ code: 'KUBE-AWAY' });
  });

  it('takes a null list for an empty one', async () => {
    api.script('Lease', (_, response) => void response.end('{"items":null,"metadata":{"resourceVersion":"7"}}'));
    expect(await kube.list('Lease')).toEqual({ items: [], resourceVersion: '7' });
  });

  it('sends nothing more after it was closed, and ends what is under way', async () => {
    api.script('Lease', silence);
    const waiting = kube.get(name);
    kube.close();
    await expect(waiting).rejects.toMatchObject({ code: 'KUBE-AWAY' });
    await expect(kube.get(name)).rejects.toMatchObject({ code: 'KUBE-AWAY' });
  });

  it('uses one connection again and again', async () => {
    const ports = new Set<number | undefined>();
    const note: Reply = (request, response) => {
      ports.add(request.socket.remotePort);
      refusal(404, 'NotFound')(request, response);
    };
    api.script('Lease', note, note, note);
    for (let i = 0; i < 3; i += 1) expect(await kube.get(name)).toBeUndefined();
    expect(ports.size).toBe(1);
  });

  it('refuses plain http that is not asked for, and keeps tokens out of errors', async () => {
    const careless = createKube({ kubeconfig: { text: kubeconfigText(api.url).replace('"insecure-skip-tls-verify":true', '"x":1') } });
    await expect(careless.get(name)).rejects.toThrow(/HTTP protocol is not allowed/);
    await expect(careless.get(name)).rejects.not.toThrow(/a-token/);
    expect(api.asked('Lease')).toEqual([]);
  });

  it('tells that a kubeconfig is missing, and finds it when it comes', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'albeit-kube-'));
    const late = createKube({ kubeconfig: { path: join(dir, 'kubeconfig') } });
    await expect(late.get(name)).rejects.toMatchObject({ code: 'KUBE-AWAY' });
    await writeFile(join(dir, 'kubeconfig'), kubeconfigText(api.url));
    api.script('Lease', refusal(404, 'NotFound'));
    expect(await late.get(name)).toBeUndefined();
    late.close();
    await rm(dir, { recursive: true });
  });

  it('says who it is by the token of the kubeconfig, and nothing where there is no user', async () => {
    const said: unknown[] = [];
    const note: Reply = (request, response) => {
      said.push(request.headers.authorization);
      refusal(404, 'NotFound')(request, response);
    };
    api.script('Lease', note, note);
    await kube.get(name);
    const anonymous = createKube({ kubeconfig: { text: kubeconfigText(api.url).replace('"user":"u"}', '"user":""}') } });
    await anonymous.get(name);
    anonymous.close();
    expect(said).toEqual(['Bearer a-token', undefined]);
  });

  it('does not ask for a namespaced object without a namespace', async () => {
    await expect(kube.get({ ...name, namespace: '' })).rejects.toThrow(/a namespace is missing/);
    expect(api.asked('Lease')).toEqual([]);
  });
});
