/**
 * Session stickiness of a group: a client comes back to the server it had, whatever the scheduler would say. By `Insert` the load balancer
 * plants a cookie of its own; by `Server` it marks the one that the application sets, and the application never sees the mark.
 */
import type { ViewGroup } from '../view.ts';
import type { HeaderPair } from './header-edits.ts';
import { markOf } from './mark.ts';
import type { RequestFacts } from './request-facts.ts';

/** `StickySessionConfig` with the service's defaults. */
interface Stickiness {
  readonly type: 'Insert' | 'Server';
  readonly cookie: string;
  /** Seconds; of `Insert` alone, as the application says itself how long its cookie lasts. */
  readonly timeout: number;
}

/** What happens to the heads that pass between a client and the server chosen for it. */
export interface Passage {
  toServer(pairs: readonly HeaderPair[]): readonly HeaderPair[];
  toClient(pairs: readonly HeaderPair[]): readonly HeaderPair[];
}

/** Name of the cookie that is planted (annotations reference 1.4). */
const plantedCookie = 'SERVERID';
/** Seconds (ALB reference 6.6). */
const defaultTimeout = 1000;

/** `undefined`: the group is not sticky. */
export function stickinessOf({ StickySessionConfig: config = {} }: ViewGroup): Stickiness | undefined {
  if (config['StickySessionEnabled'] !== true) return undefined;
  const timeout = Number(config['CookieTimeout'] ?? defaultTimeout);
  if (config['StickySessionType'] !== 'Server') return { type: 'Insert', cookie: plantedCookie, timeout };
  return { type: 'Server', cookie: String(config['Cookie'] ?? ''), timeout };
}

/** `mark|second of planting`, or `mark~value of the application`. */
const forms = { Insert: /^([0-9a-f]{16})\|(\d+)$/, Server: /^([0-9a-f]{16})~/ } as const;

/** The marks of servers that a client brings, as far as they hold. */
export function broughtMarks({ type, cookie, timeout }: Stickiness, { cookies }: RequestFacts, nowMs: number): readonly string[] {
  const matches = cookies.flatMap(([name, value]) => (name === cookie ? [forms[type].exec(value)] : [])).filter((match) => match !== null);
  const holds = ([, , planted]: RegExpExecArray) => {
    if (planted === undefined) return true;
    const age = nowMs / 1000 - Number(planted);
    // A time to come was told by a clock of before a restart.
    return age >= -1 && age <= timeout;
  };
  return matches.filter(holds).map(([, mark = '']) => mark);
}

function planting(stickiness: Stickiness, server: string, nowMs: number): Passage {
  const value = `${markOf(server)}|${Math.floor(nowMs / 1000)}`;
  const cookie: HeaderPair = ['Set-Cookie', `${stickiness.cookie}=${value}; Path=/; Max-Age=${stickiness.timeout}`];
  return { toServer: (pairs) => pairs, toClient: (pairs) => [...pairs, cookie] };
}

/** Changes the values of the cookie in a list such as `a=1; b=2`. */
const eachCookie = (list: string, name: string, change: (value: string) => string): string =>
  list
    .split(';')
    .map((part) => {
      const [, before = '', found, value = ''] = /^(\s*)([^=]*)=(.*)$/s.exec(part) ?? [];
      return found === name ? `${before}${name}=${change(value)}` : part;
    })
    .join(';');

/** Only the first part of a `Set-Cookie` names the cookie; attributes follow. */
function marked(line: string, name: string, mark: string): string {
  const [, found, rest = ''] = /^\s*([^=;]*)=(.*)$/s.exec(line) ?? [];
  return found === name ? `${name}=${mark}~${rest}` : line;
}

function marking({ cookie }: Stickiness, server: string): Passage {
  const edit = (header: string, change: (value: string) => string) => (pairs: readonly HeaderPair[]) =>
    pairs.map(([name, value]): HeaderPair => (name.toLowerCase() === header ? [name, change(value)] : [name, value]));
  return {
    toServer: edit('cookie', (list) => eachCookie(list, cookie, (value) => value.replace(forms.Server, ''))),
    toClient: edit('set-cookie', (line) => marked(line, cookie, markOf(server))),
  };
}

const untouched: Passage = { toServer: (pairs) => pairs, toClient: (pairs) => pairs };

/** How heads pass to and from the chosen server. `known`: the client brought its mark. */
export function passageTo(
  server: string,
  stickiness: Stickiness | undefined,
  { known, refresh, nowMs }: { readonly known: boolean; readonly refresh: boolean; readonly nowMs: number },
): Passage {
  if (stickiness === undefined) return untouched;
  if (stickiness.type === 'Server') return marking(stickiness, server);
  return known && !refresh ? untouched : planting(stickiness, server, nowMs);
}
