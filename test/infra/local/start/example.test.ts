import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilAnswered } from '#infra/local/start/example.ts';
import type { KnownListener } from '#infra/local/start/listeners.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { createFakeKube, type FakeKube } from '../../../support/fake-kube.ts';

const route = { host: 'cafe.example.com', path: '/tea', namespace: 'default', service: 'tea' };

let server: Server;
let kube: FakeKube;
/** Who answers, in turn; an empty name answers 503. */
let pods: string[];
let asked: string[];
beforeEach(async () => {
  kube = createFakeKube();
  pods = [];
  asked = [];
  server = createServer((request, response) => {
    const pod = pods[asked.length % Math.max(1, pods.length)] ?? '';
    asked.push(`${request.headers.host}${request.url}`);
    response.writeHead(pod === '' ? 503 : 200).end(JSON.stringify({ pod }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

const listener = (): KnownListener => ({
  albConfig: 'cafe',
  loadBalancerId: 'alb-1',
  listenerId: 'lsn-1',
  protocol: 'HTTP',
  port: 80,
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
});

const endpoints = async (...names: string[]) => {
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'tea-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'tea' } },
    addressType: 'IPv4',
    endpoints: names.map((name, index) => ({
      addresses: [`10.64.0.${index + 1}`],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', name },
    })),
  };
  await kube.create(slice);
};

describe('waiting for the example', () => {
  it('ends when every pod has answered every route, by host and path', async () => {
    await endpoints('tea-a', 'tea-b');
    pods = ['tea-a', 'tea-a', 'tea-b'];
    const reached = await untilAnswered(kube, [route], async () => [listener()], { withinMs: 5_000 });
    expect(reached).toEqual([{ route, url: listener().url, pods: ['tea-a', 'tea-b'] }]);
    expect(new Set(asked)).toEqual(new Set(['cafe.example.com/tea']));
  });

  it('waits for a listener, for endpoints, and for an answer', async () => {
    let looks = 0;
    pods = [''];
    const reached = await untilAnswered(
      kube,
      [route],
      async () => {
        looks += 1;
        if (looks === 2) await endpoints('tea-a');
        if (looks === 4) pods = ['tea-a'];
        return looks === 1 ? [] : [listener()];
      },
      { withinMs: 5_000 },
    );
    expect(reached.map((one) => one.pods)).toEqual([['tea-a']]);
  });

  it.each([
    ['no listener is open yet', async () => [], []],
    ['Service default/tea has no ready endpoint', async () => [listener()], []],
    ['cafe.example.com/tea answers 503', async () => [listener()], ['tea-a']],
  ] as const)('says at the deadline what is missing: %s', async (reason, listeners, names) => {
    if (names.length > 0) await endpoints(...names);
    pods = [''];
    await expect(untilAnswered(kube, [route], listeners, { withinMs: 10 })).rejects.toThrow(
      `the example did not answer within 0.01 s: ${reason}`,
    );
  });

  it('does not take one pod for all', async () => {
    await endpoints('tea-a', 'tea-b');
    pods = ['tea-a'];
    await expect(untilAnswered(kube, [route], async () => [listener()], { withinMs: 10 })).rejects.toThrow('never reached tea-b');
  });
});
