/** A cloud that answers what a test says and notes what it was asked, to see the wire without an emulator. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudOptions } from '#shared/cloud/options.ts';

interface WireCall {
  readonly action: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Query and form in one. */
  readonly params: Readonly<Record<string, string>>;
  /** What went in the form alone. */
  readonly form: Readonly<Record<string, string>>;
}

export type Reply =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown }
  | { readonly raw: string; readonly status?: number }
  | 'silence'
  | 'reset';

export interface CloudWire {
  readonly url: string;
  readonly calls: WireCall[];
  readonly options: CloudOptions;
  /** TCP connections open now. */
  openSockets(): number;
  answer(reply: (call: WireCall) => Reply): void;
  stop(): Promise<void>;
}

async function readCall(request: IncomingMessage): Promise<WireCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://wire').searchParams);
  const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
  return {
    action: String(request.headers['x-acs-action']),
    headers: request.headers,
    params: { ...query, ...form },
    form,
  };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'silence') return;
  if (reply === 'reset') {
    response.destroy();
    return;
  }
  if ('raw' in reply) {
    response.writeHead(reply.status ?? 200, { 'content-type': 'text/html' }).end(reply.raw);
    return;
  }
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers }).end(JSON.stringify(reply.body));
}

export async function startCloudWire(): Promise<CloudWire> {
  const calls: WireCall[] = [];
  let open = 0;
  let reply: (call: WireCall) => Reply = () => ({ body: { RequestId: 'R' } });
  const server = createServer({ maxHeaderSize: 131_072 }, (request, response) => {
    void readCall(request).then(
      (call) => {
        calls.push(call);
        send(response, reply(call));
      },
      () => response.destroy(),
    );
  });
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls,
    options: { endpoint: url, region: 'cn-local', accessKeyId: 'test-ak', accessKeySecret: 'test-sk' },
    openSockets: () => open,
    answer: (next) => {
      reply = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
