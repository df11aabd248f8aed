/** The emulated ALB with its data plane: what was configured over the API is what a client gets. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDataPlane } from '#infra/local/alb/data-plane/data-plane.ts';
import { type AlbService, startAlb } from '#infra/local/alb/start.ts';
import { localCredentials } from '#infra/local/credentials.ts';
import { podInterface } from '../../../support/local-alb.ts';
import { callAcs3 } from '../../../support/signed-calls.ts';
import { flatten, rule, sample, server, versionOf, type WireParams } from './samples.ts';

let alb: AlbService;
let pod: Server;
let socket: string;
beforeEach(async () => {
  pod = createServer((_, response) => response.end('tea'));
  await new Promise<void>((done) => pod.listen(0, '127.0.0.1', done));
  socket = `127.0.0.1:${(pod.address() as AddressInfo).port}`;
  const now = { loadBalancerMs: 0, loadBalancerUpdateMs: 0, listenerMs: 0, ruleMs: 0, serverGroupMs: 0, serversMs: 0, deleteMs: 0 };
  alb = await startAlb({
    credentials: localCredentials,
    settings: { times: now, referenceLingerMs: 0 },
    dataPlane: (view) => startDataPlane(view),
  });
});
afterEach(async () => {
  await alb.stop();
  pod.closeAllConnections();
  pod.close();
});

const { accessKeyId, accessKeySecret } = localCredentials;

const ok = async (action: string, params: WireParams): Promise<Readonly<Record<string, unknown>>> => {
  const answered = await callAcs3(
    { url: alb.url, accessKeyId, accessKeySecret },
    {
      action,
      version: versionOf(action),
      form: Object.fromEntries(flatten(params)),
    },
  );
  if (answered.status !== 200) throw new Error(JSON.stringify(answered.body));
  return answered.body;
};
const state = async () =>
  (await (await fetch(`${alb.url}/_/state`)).json()) as Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
const network = (at: string) =>
  fetch(`${alb.url}/_/network`, { method: 'PUT', body: JSON.stringify([podInterface('eni-1', '10.64.0.1', { socket: at })]) });
const settled = () => expect.poll(async () => (await state())['jobs']).toEqual([]);

const get = (url: string, host: string): Promise<string> =>
  new Promise((done, fail) => {
    const sent = request(`${url}/tea`, { headers: { host }, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => done(`${response.statusCode} ${response.statusCode === 200 ? text : ''}`.trim()));
    });
    sent.on('error', fail);
    sent.end();
  });

async function build(): Promise<{ readonly loadBalancerId: string; readonly listenerId: string; readonly serverGroupId: string }> {
  const make = async (action: string, id: string, params: WireParams) => {
    const made = String((await ok(action, params))[id]);
    await settled();
    return made;
  };
  const loadBalancerId = await make('CreateLoadBalancer', 'LoadBalancerId', sample('CreateLoadBalancer'));
  const group = {
    ...sample('CreateServerGroup'),
    HealthCheckConfig: { HealthCheckEnabled: true, HealthCheckInterval: 1, HealthyThreshold: 2 },
  };
  const serverGroupId = await make('CreateServerGroup', 'ServerGroupId', group);
  const listenerId = await make(
    'CreateListener',
    'ListenerId',
    sample('CreateListener', { loadBalancerId, serverGroupId, listenerId: '', ruleId: '' }),
  );
  await ok('CreateRules', {
    ListenerId: listenerId,
    Rules: [rule(10, serverGroupId, { RuleConditions: [{ Type: 'Host', HostConfig: { Values: ['tea.example.com'] } }] })],
  });
  await ok('AddServersToServerGroup', { ServerGroupId: serverGroupId, Servers: [server(1)] });
  await settled();
  return { loadBalancerId, listenerId, serverGroupId };
}

describe('a listener of the emulated ALB', () => {
  it('routes to the pods that were registered, and closes with its load balancer', async () => {
    await network(socket);
    const { loadBalancerId, listenerId } = await build();
    await expect.poll(async () => (await state())['dataPlane']).toMatchObject([{ loadBalancerId, listenerId, protocol: 'HTTP', port: 80 }]);
    const url = (await state())['dataPlane']?.[0]?.['url'] ?? '';
    await expect.poll(() => get(url, 'tea.example.com'), { timeout: 10_000 }).toBe('200 tea');
    await ok('DeleteLoadBalancer', { LoadBalancerId: loadBalancerId });
    await settled();
    await expect.poll(async () => (await state())['dataPlane']).toEqual([]);
    await expect.poll(() => get(url, 'tea.example.com').catch(() => 'closed')).toBe('closed');
  });

  it('reports a pod that fails its checks, with the reason', async () => {
    pod.close();
    await network(socket);
    const { listenerId, serverGroupId } = await build();
    const health = async () => (await ok('GetListenerHealthStatus', { ListenerId: listenerId }))['ListenerHealthStatus'];
    await expect.poll(health, { timeout: 15_000 }).toMatchObject([
      {
        ServerGroupInfos: [
          {
            ServerGroupId: serverGroupId,
            NonNormalServers: [{ ServerId: 'eni-1', Status: 'Unhealthy', Reason: { ReasonCode: 'CONNECT_FAILED' } }],
          },
        ],
      },
    ]);
  });
});
