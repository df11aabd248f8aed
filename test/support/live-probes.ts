/**
 * Requests without pause through real listeners, over connections that are kept and over new ones, each answer compared with what the wishes
 * give that hold at the time: between a write and its coming into force the old one and the new one, afterwards only the new.
 */
import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { askListener, type Reply } from './routed-ask.ts';

export interface LiveProbe {
  readonly name: string;
  /** Of the load balancer. */
  readonly port: 80 | 443;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes where a redirect says, as a browser does; what it is told is the last answer. */
  readonly follows?: boolean;
}

/** What a wish gives each probe, by name: any of these. `water /one` is an answer of that Service, asked for that path; else status and Location. */
export type Given = Readonly<Record<string, readonly string[]>>;

export interface LiveProbes {
  /** From now on this may be given as well as what was given before. */
  allow(given: Given): void;
  /** From now on only what was allowed last may be given. */
  inForce(): void;
  /** Answers so far. */
  count(): number;
  /** What was answered though no wish gives it, and what was not answered at all. */
  readonly strays: readonly string[];
  stop(): Promise<void>;
}

interface Wish {
  readonly given: Given;
  /** Monotonic, ms; undefined: still allowed. */
  until?: number;
}

const textOf = ({ status, service, echo, headers }: Reply): string =>
  echo === undefined ? `${status} ${headers.location ?? ''}`.trim() : `${service} ${echo.path}`;

/** A redirect leads to a port of the load balancer, which stands for another one here. */
function nextOf(reply: Reply): { readonly port: 80 | 443; readonly host: string; readonly path: string } | undefined {
  const location = reply.headers.location;
  if (location === undefined) return undefined;
  const url = new URL(location);
  return { port: url.protocol === 'https:' ? 443 : 80, host: url.hostname, path: `${url.pathname}${url.search}` };
}

/** At once, most of them over connections that are kept. More would take the time of those who are being watched. */
const askers = ['kept', 'new', 'kept'] as const;

export function startProbes(
  host: string,
  urls: Readonly<Record<80 | 443, string>>,
  probes: readonly LiveProbe[],
  first: Given,
): LiveProbes {
  const wishes: Wish[] = [{ given: first }];
  const strays: string[] = [];
  let answers = 0;
  let going = true;

  /** What may be answered to a request that was under way since then. */
  const allowed = (name: string, since: number): readonly string[] =>
    wishes.flatMap(({ given, until = Number.POSITIVE_INFINITY }) => (until >= since ? (given[name] ?? []) : []));

  const judge = (probe: LiveProbe, how: string, got: string, since: number): void => {
    answers += 1;
    const may = allowed(probe.name, since);
    if (!may.includes(got)) strays.push(`${probe.name} (${how}): ${got}, and not ${[...new Set(may)].join(' or ')}`);
  };

  async function ask(probe: LiveProbe, how: 'kept' | 'new', agents: Agents): Promise<void> {
    const since = performance.now();
    const send = (port: 80 | 443, to: string, path: string): Promise<Reply> =>
      askListener(urls[port], {
        ...{ host: to, path, agent: how === 'kept' ? agents[port] : false },
        ...(probe.headers === undefined ? {} : { headers: probe.headers }),
      });
    try {
      const reply = await send(probe.port, host, probe.path);
      const next = probe.follows === true ? nextOf(reply) : undefined;
      judge(probe, how, textOf(next === undefined ? reply : await send(next.port, next.host, next.path)), since);
    } catch (error) {
      strays.push(`${probe.name} (${how}): ${String(error)}`);
    }
  }

  async function keepAsking(how: 'kept' | 'new', offset: number): Promise<void> {
    const agents: Agents = { 80: new PlainAgent({ keepAlive: true }), 443: new SecureAgent({ keepAlive: true }) };
    for (let turn = offset; going; turn++) {
      const probe = probes[turn % probes.length];
      if (probe !== undefined) await ask(probe, how, agents);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const agent of Object.values(agents)) agent.destroy();
  }

  const asking = askers.map((how, index) => keepAsking(how, index * 3));
  return {
    allow: (given) => void wishes.push({ given }),
    inForce() {
      const now = performance.now();
      for (const one of wishes.slice(0, -1)) one.until ??= now;
    },
    count: () => answers,
    strays,
    async stop() {
      going = false;
      await Promise.all(asking);
    },
  };
}

type Agents = Readonly<{ 80: PlainAgent; 443: SecureAgent }>;
