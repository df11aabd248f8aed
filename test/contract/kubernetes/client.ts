/** A plain https client for the contract: one agent, JSON in and out, watches as lists of lines. Nothing of the product is in it. */
import { readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { parse } from 'yaml';

/** What came back. `body` is as loose as JSON is: each case looks at the few fields it is about. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: the contract reads other programs' JSON, field by field
  readonly body: any;
}

export interface WatchEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly object: any;
}

export interface Watch {
  /** All events so far. */
  readonly events: readonly WatchEvent[];
  /** Waits until the events fulfil a condition; fails after 15 s with what came. */
  until(condition: (events: readonly WatchEvent[]) => boolean): Promise<readonly WatchEvent[]>;
  /** Whether the server has ended the stream. */
  readonly ended: boolean;
  close(): void;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  /** Absent: the administrator of the kubeconfig. Empty: nobody. */
  readonly token?: string;
}

const DEADLINE_MS = 15_000;

/** Waits until a condition holds; the last answer is returned. Fails after 15 s. */
export async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`not so within ${DEADLINE_MS} ms: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class Client {
  readonly #agent: Agent;
  readonly #server: string;
  readonly #token: string;

  constructor(kubeconfig: string) {
    const config = parse(readFileSync(kubeconfig, 'utf8'));
    this.#server = config.clusters[0].cluster.server;
    this.#token = config.users[0].user.token;
    this.#agent = new Agent({ keepAlive: true, ca: Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64') });
  }

  close(): void {
    this.#agent.destroy();
  }

  #options(method: string, options: CallOptions): RequestOptions {
    const token = options.token ?? this.#token;
    const headers: Record<string, string> = { accept: options.accept ?? 'application/json' };
    if (token !== '') headers['authorization'] = `Bearer ${token}`;
    if (options.body !== undefined) headers['content-type'] = options.type ?? 'application/json';
    return { method, headers, agent: this.#agent };
  }

  call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(`${this.#server}${path}`, this.#options(method, options), (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text.startsWith('{') && !/ndjson/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : text,
          });
        });
      });
      asked.once('error', reject);
      if (options.body === undefined) {
        asked.end();
        return;
      }
      const text = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
      // Node frames the body of a DELETE only when its length is said.
      asked.setHeader('content-length', Buffer.byteLength(text));
      asked.end(text);
    });
  }

  get = (path: string, options?: CallOptions) => this.call('GET', path, options);
  post = (path: string, body: unknown, options?: CallOptions) => this.call('POST', path, { body, ...options });
  put = (path: string, body: unknown) => this.call('PUT', path, { body });
  remove = (path: string, body?: unknown) => this.call('DELETE', path, body === undefined ? {} : { body });
  merge = (path: string, body: unknown) => this.call('PATCH', path, { body, type: 'application/merge-patch+json' });
  strategic = (path: string, body: unknown) => this.call('PATCH', path, { body, type: 'application/strategic-merge-patch+json' });
  json = (path: string, body: unknown) => this.call('PATCH', path, { body, type: 'application/json-patch+json' });

  /** Opens a watch; resolves once the server has answered 200. */
  watch(path: string, accept = 'application/json'): Promise<Watch> {
    const events: WatchEvent[] = [];
    let ended = false;
    return new Promise((resolve, reject) => {
      const asked = request(
        `${this.#server}${path}`,
        { ...this.#options('GET', { accept }), agent: new Agent({ ca: this.#agent.options.ca ?? '' }) },
        (response) => {
          let rest = '';
          response.setEncoding('utf8').on('data', (text: string) => {
            const lines = (rest + text).split('\n');
            rest = lines.pop() ?? '';
            events.push(...lines.filter((line) => line !== '').map((line): WatchEvent => JSON.parse(line)));
          });
          const end = () => {
            ended = true;
          };
          response.once('end', end).once('error', end).once('close', end);
          if (response.statusCode !== 200) return reject(new Error(`watch answered ${response.statusCode}`));
          resolve({
            events,
            get ended() {
              return ended;
            },
            until: async (condition) => eventually(async () => events, condition),
            close: () => asked.destroy(),
          });
        },
      );
      asked.once('error', reject);
      asked.end();
    });
  }
}
