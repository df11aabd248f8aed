import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decode } from '#events/contract/envelope.ts';
import { keyText, type Message } from '#events/contract/messages.ts';
import { readKeyRing } from '#events/contract/signature.ts';
import { createForwarder, type Forwarder } from '#events/forwarder/forwarder.ts';
import { type HealthServer, serveHealth } from '#events/forwarder/health.ts';
import { createTelemetry } from '#events/forwarder/telemetry.ts';
import type { KindName, KubeObject } from '#shared/kube/port.ts';
import { createTransport, type Transport } from '#shared/kube/transport.ts';
import { createFakeQueues, type FakeQueues } from '#test/support/fake-queues.ts';
import { createManualTimers, type ManualTimers } from '#test/support/manual-timers.ts';
import { anIngress, aService } from '#test/support/objects.ts';
import { page, refusal, type ScriptedApi, type ScriptedWatch, scriptedWatch, startScriptedApi } from '#test/support/scripted-api.ts';
import { until } from '#test/support/until.ts';

const kindsFollowed = ['IngressClass', 'Ingress', 'AlbConfig', 'Service', 'EndpointSlice'] as const;
type Followed = (typeof kindsFollowed)[number];
const ring = readKeyRing(JSON.stringify({ sign: 'k', keys: [{ id: 'k', secret: randomBytes(32).toString('base64') }] }));

const versioned = <T extends KubeObject>(object: T, resourceVersion: string, generation = 1): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion, generation, uid: `uid-${object.metadata.name}` },
});
const albClass: KubeObject & { readonly spec: object } = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'alb' },
  spec: { controller: 'ingress.k8s.alibabacloud/alb', parameters: { apiGroup: 'alibabacloud.com', kind: 'AlbConfig', name: 'cafe' } },
};
const atFirst: Readonly<Record<Followed, readonly KubeObject[]>> = {
  IngressClass: [versioned(albClass, '1')],
  Ingress: [versioned(anIngress(), '2'), versioned(anIngress({ name: 'second' }), '3')],
  AlbConfig: [versioned({ apiVersion: 'alibabacloud.com/v1', kind: 'AlbConfig', metadata: { name: 'cafe' } }, '4')],
  Service: [versioned(aService('coffee'), '5')],
  EndpointSlice: [],
};

describe('forwarder', () => {
  let api: ScriptedApi;
  let transport: Transport;
  let queues: FakeQueues;
  let timers: ManualTimers;
  let forwarder: Forwarder;
  let health: HealthServer;
  let logs: string[];
  const watches = new Map<KindName, ScriptedWatch>();

  beforeEach(async () => {
    api = await startScriptedApi();
    transport = createTransport({ kubeconfig: api.kubeconfig });
    queues = createFakeQueues();
    await queues.ensureQueue('ingest');
    await queues.ensureQueue('server-group');
    timers = createManualTimers();
    logs = [];
    watches.clear();
    const telemetry = createTelemetry();
    const log = (level: string) => (fields: object, text: string) => void logs.push(`${level} ${text} ${JSON.stringify(fields)}`);
    forwarder = createForwarder({
      cluster: 'c-1',
      ring,
      windowMs: 200,
      transport,
      queues,
      timers,
      telemetry,
      random: () => 1,
      now: () => timers.nowMs,
      log: { info: log('info'), warn: log('warn'), error: log('error') },
    });
    health = await serveHealth({ host: '127.0.0.1', port: 0 }, { state: forwarder.state, telemetry });
  });
  afterEach(async () => {
    const stopped = forwarder.stop();
    transport.close();
    await stopped;
    await health.close();
    await api.stop();
  });

  const listed = (kind: Followed): void => {
    const watch = scriptedWatch();
    watches.set(kind, watch);
    api.script(kind, page(atFirst[kind], '10'), watch.reply);
  };
  const send = (kind: Followed, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void => watches.get(kind)?.send(type, object);
  const startWhole = async (): Promise<void> => {
    for (const kind of kindsFollowed) listed(kind);
    forwarder.start();
    await until(() => kindsFollowed.every((kind) => watches.get(kind)?.opened), 'all watches');
  };
  const told = (): readonly Message[] =>
    [...queues.bodies('ingest'), ...queues.bodies('server-group')].map((body) => {
      const opened = decode(body, ring, 'c-1');
      if (opened.kind !== 'ok') throw new Error(opened.code);
      return opened.message;
    });
  const toldKeys = () => told().map((one) => keyText(one.key));
  /** Lets the window pass once so many keys are pending, and waits until they are told. */
  const flush = async (keys: number): Promise<void> => {
    await until(() => forwarder.state().pendingKeys === keys, `${keys} pending keys`);
    timers.advance(200);
    await until(() => forwarder.state().pendingKeys === 0, 'that all is told');
  };
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${health.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };

  it('starts with exactly one message: resync of the cluster', async () => {
    await startWhole();
    await flush(1);
    expect(told()).toMatchObject([{ type: 'albeit.object.changed', reason: 'resync', key: { kind: 'Cluster', cluster: 'c-1' } }]);
    timers.advance(10_000);
    expect(told()).toHaveLength(1);
  });

  it('does not resync before every kind is listed: what changes in between would be told by nobody', async () => {
    for (const kind of kindsFollowed) if (kind !== 'AlbConfig') listed(kind);
    api.script('AlbConfig', refusal(404, 'NotFound'));
    listed('AlbConfig');
    forwarder.start();
    await until(() => timers.waiting.includes(500), 'the wait for AlbConfigs');
    expect((await ask('/readyz')).status).toBe(503);
    expect(forwarder.state().pendingKeys).toBe(0);
    timers.advance(500);
    await flush(1);
    expect(toldKeys()).toEqual(['c-1/Cluster']);
    expect((await ask('/readyz')).status).toBe(200);
  });

  it('asks for whole objects only where their content counts', async () => {
    await startWhole();
    expect(api.accepts('AlbConfig').every((accept) => accept.includes('as=PartialObjectMetadata'))).toBe(true);
    expect(api.accepts('Ingress')).toEqual(['application/json', 'application/json']);
  });

  it('tells changes by key, and irrelevant ones not at all', async () => {
    await startWhole();
    await flush(1);
    send('Ingress', 'MODIFIED', versioned(anIngress({ name: 'foreign', spec: { ingressClassName: 'nginx' } }), '11'));
    send('Ingress', 'MODIFIED', versioned(anIngress(), '12', 2));
    send('Ingress', 'MODIFIED', versioned(anIngress({ name: 'second' }), '13', 2));
    await flush(1);
    expect(toldKeys().slice(1)).toEqual(['c-1/AlbConfig/cafe']);
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'coffee-x', namespace: 'shop', resourceVersion: '14', labels: { 'kubernetes.io/service-name': 'coffee' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.64.0.1'], conditions: { ready: true } }],
    };
    send('EndpointSlice', 'ADDED', slice);
    await flush(1);
    expect(toldKeys().slice(2)).toEqual(['c-1/Service/shop/coffee']);
  });

  it('goes on with four kinds while the fifth is refused', async () => {
    for (const kind of kindsFollowed) if (kind !== 'EndpointSlice') listed(kind);
    api.script('EndpointSlice', refusal(403, 'Forbidden'), refusal(403, 'Forbidden'));
    forwarder.start();
    await until(
      () => timers.waiting.includes(500) && watches.get('Ingress')?.opened === true && watches.get('IngressClass')?.opened === true,
    );
    send('Ingress', 'MODIFIED', versioned(anIngress(), '12', 2));
    await until(() => forwarder.state().pendingKeys === 1);
    timers.advance(200);
    await until(() => toldKeys().includes('c-1/AlbConfig/cafe'));
    expect(logs.some((line) => line.startsWith('warn watch ended') && line.includes('KUBE-REFUSED'))).toBe(true);
  });

  it('answers an object it cannot read with a resync of the cluster', async () => {
    await startWhole();
    await flush(1);
    const strange = { ...versioned(anIngress(), '15', 3), spec: { ingressClassName: 'alb' } };
    // No API server would send this; a name of the wrong type makes the model throw.
    Object.assign(strange.metadata, { annotations: { 'alb.ingress.kubernetes.io/albconfig.name': 7 } });
    send('Ingress', 'MODIFIED', strange);
    await flush(1);
    expect(told().at(-1)).toMatchObject({ key: { kind: 'Cluster' }, reason: 'resync' });
    expect((await ask('/metrics')).text).toContain('albeit_forwarder_faults_total 1');
  });

  it('answers probes and gives only its own metrics', async () => {
    await startWhole();
    await flush(1);
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/elsewhere')).status).toBe(404);
    const { text } = await ask('/metrics');
    expect(text).toContain('albeit_forwarder_objects{kind="Ingress"} 2');
    expect(text).toContain('albeit_forwarder_messages_total{queue="ingest"} 1');
    const names = text.split('\n').flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
    expect(names.every((name) => name.startsWith('albeit_forwarder_'))).toBe(true);
  });
});
