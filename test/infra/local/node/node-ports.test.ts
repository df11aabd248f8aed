import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type EndpointSlice, nodePortsOf, type Service } from '#infra/local/node/node-port-plan.ts';
import { NodePorts } from '#infra/local/node/node-ports.ts';
import { localNodes } from '#infra/local/node/nodes.ts';

const aService = (spec: Service['spec'] = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'tea', namespace: 'default' },
  spec: { type: 'NodePort', ports: [{ name: 'web', nodePort: 30_080 }], ...spec },
});

type Endpoints = NonNullable<EndpointSlice['endpoints']>;

const aSlice = (endpoints: Endpoints, namespace = 'default'): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'tea-x', namespace, labels: { 'kubernetes.io/service-name': 'tea' } },
  endpoints,
  ports: [{ name: 'web', port: 8080 }],
});

const at = (address: string, nodeName: string, conditions: Endpoints[number]['conditions'] = { ready: true }): Endpoints[number] => ({
  ...{ addresses: [address], nodeName, conditions },
});
const ending = { ready: false, serving: true, terminating: true };

const behind = (service: Service, slices: readonly EndpointSlice[], node = 'local-node') =>
  [...nodePortsOf(node, [service], slices)].map(([port, backends]) => [port, ...backends.map(({ address }) => address)].join(' '));

describe('the servers of a node port', () => {
  const slice = aSlice([at('10.64.0.10', 'local-node'), at('10.64.0.11', 'local-node-2')]);

  it.each<[string, Service, readonly EndpointSlice[], readonly string[]]>([
    ['are those of the whole cluster', aService(), [slice], ['30080 10.64.0.10 10.64.0.11']],
    ['are those of the node where the policy is local', aService({ externalTrafficPolicy: 'Local' }), [slice], ['30080 10.64.0.10']],
    ['are none of another namespace', aService(), [aSlice([at('10.64.0.10', 'local-node')], 'other')], []],
    ['are none for a type without node ports', aService({ type: 'ClusterIP' }), [slice], []],
    ['are there for a load balancer, too', aService({ type: 'LoadBalancer' }), [slice], ['30080 10.64.0.10 10.64.0.11']],
    ['are none by UDP', aService({ ports: [{ name: 'web', nodePort: 30_080, protocol: 'UDP' }] }), [slice], []],
    ['are none without a port of that name', aService({ ports: [{ name: 'other', nodePort: 30_080 }] }), [slice], []],
    [
      'are none that is not ready',
      aService(),
      [aSlice([at('10.64.0.10', 'local-node', { ready: false }), at('10.64.0.11', 'local-node')])],
      ['30080 10.64.0.11'],
    ],
    [
      'are those that end and still serve where no other is',
      aService(),
      [
        aSlice([
          at('10.64.0.10', 'local-node', ending),
          at('10.64.0.11', 'local-node', { ready: false, serving: false, terminating: true }),
        ]),
      ],
      ['30080 10.64.0.10'],
    ],
    [
      'are those of the node that end, though others are ready elsewhere, where the policy is local',
      aService({ externalTrafficPolicy: 'Local' }),
      [aSlice([at('10.64.0.10', 'local-node', ending), at('10.64.0.11', 'local-node-2')])],
      ['30080 10.64.0.10'],
    ],
  ])('%s', (_, service, slices, expected) => {
    expect(behind(service, slices)).toEqual(expected);
  });

  it('are none on a node without any where the policy is local: the port is closed there', () => {
    expect(behind(aService({ externalTrafficPolicy: 'Local' }), [aSlice([at('10.64.0.10', 'local-node')])], 'local-node-2')).toEqual([]);
  });
});

/** A pod that says its address and then echoes. */
async function pod(address: string): Promise<{ readonly socket: string; readonly server: Server; readonly sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).write(`${address}\n`);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const bound = server.address();
  return { socket: `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`, server, sockets };
}

/** What a client that says `text` and ends gets to read. */
function ask(socket: string, text = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const [host, port] = socket.split(':');
    const client = connect({ host: host ?? '', port: Number(port), allowHalfOpen: true });
    let read = '';
    client.setEncoding('utf8').on('data', (part: string) => {
      read += part;
    });
    client.on('error', reject).on('end', () => resolve(read));
    client.end(text);
  });
}

describe('node ports', () => {
  async function proxied() {
    const addresses = ['10.64.0.10', '10.64.0.11'] as const;
    const pods = new Map(await Promise.all(addresses.map(async (address) => [address as string, await pod(address)] as const)));
    const state: { services: readonly Service[]; slices: readonly EndpointSlice[] } = { services: [], slices: [] };
    let changes = 0;
    const ports = new NodePorts({
      nodes: localNodes(2, true),
      services: { all: () => state.services },
      slices: { all: () => state.slices },
      socketOf: (address) => pods.get(address)?.socket,
      changed: () => {
        changes += 1;
      },
    });
    onTestFinished(() => ports.stop());
    const set = async (service: Service | undefined, endpoints: Endpoints) => {
      state.services = service === undefined ? [] : [service];
      state.slices = [aSlice(endpoints)];
      await ports.sync();
    };
    return { pods, ports, set, changes: () => changes };
  }
  const both = [at('10.64.0.10', 'local-node'), at('10.64.0.11', 'local-node-2')];

  it('are open on every machine and not on the virtual node, and pass connections on in turn, both ways', async () => {
    const { ports, set } = await proxied();
    await set(aService(), both);
    expect(ports.socketsOf('virtual-node')).toEqual({});
    for (const node of ['local-node', 'local-node-2']) {
      const socket = ports.socketsOf(node)[30_080] ?? '';
      const answers = [await ask(socket, 'milk'), await ask(socket, 'milk')];
      expect(answers.toSorted()).toEqual(['10.64.0.10\nmilk', '10.64.0.11\nmilk']);
    }
  });

  it('stay where they are when only the servers change, and close when none is left', async () => {
    const { ports, set, changes } = await proxied();
    await set(aService(), both);
    const socket = ports.socketsOf('local-node')[30_080] ?? '';
    await set(aService(), [at('10.64.0.11', 'local-node-2')]);
    expect(ports.socketsOf('local-node')[30_080]).toBe(socket);
    expect([await ask(socket), await ask(socket)]).toEqual(['10.64.0.11\n', '10.64.0.11\n']);
    expect(changes()).toBe(1);
    await set(aService(), []);
    expect(ports.socketsOf('local-node')).toEqual({});
    expect(changes()).toBe(2);
    await expect(ask(socket)).rejects.toThrow('ECONNREFUSED');
  });

  it('leave a connection with its server when that one is taken out', async () => {
    const { ports, set } = await proxied();
    await set(aService(), [at('10.64.0.10', 'local-node')]);
    const [host, port] = (ports.socketsOf('local-node')[30_080] ?? '').split(':');
    const client = connect({ host: host ?? '', port: Number(port) }).setEncoding('utf8');
    let read = '';
    client.on('data', (part) => {
      read += part;
    });
    await vi.waitUntil(() => read === '10.64.0.10\n', { timeout: 20_000, interval: 1 });
    await set(aService(), [at('10.64.0.11', 'local-node')]);
    client.write('still there');
    await vi.waitUntil(() => read.endsWith('still there'), { timeout: 20_000, interval: 1 });
    client.destroy();
  });

  it('reset a connection whose server is nowhere', async () => {
    const { ports, set } = await proxied();
    await set(aService(), [at('10.64.9.9', 'local-node')]);
    await expect(ask(ports.socketsOf('local-node')[30_080] ?? '')).rejects.toThrow('ECONNRESET');
  });

  it('end at once with the node, connections included', async () => {
    const { ports, set, pods } = await proxied();
    await set(aService(), [at('10.64.0.10', 'local-node')]);
    const [host, port] = (ports.socketsOf('local-node')[30_080] ?? '').split(':');
    const client = connect({ host: host ?? '', port: Number(port) }).resume();
    await vi.waitUntil(() => pods.get('10.64.0.10')?.sockets.size === 1, { timeout: 20_000, interval: 1 });
    const closed = new Promise((resolve) => client.on('error', () => {}).once('close', resolve));
    ports.stop();
    await closed;
  });
});
