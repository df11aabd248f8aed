/**
 * Additions that the service refuses: one bad server must not keep the others out, and where there is no room for all, as many as fit are
 * added. A call that is refused is halved, from the front, until what is to blame stands alone; that is remembered for a while, so that the
 * next change does not begin with it again.
 */
import type { Server } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { addedBy, type MemberOperation, serverKey } from '#shared/plan/members.ts';
import { doublingSeconds } from '#shared/step/backoff.ts';
import type { RefusedServers } from '#shared/step/record.ts';

/** Refusals that are asked for in one run, at most: what is learnt by then is remembered. */
const mostRefusals = 16;
/** The guilty come in crowds. After so many in a row for one quota the rest is not asked for one by one. */
const crowd = 3;
/** First pause (s) before a refused server is tried again; it doubles. */
const firstPauseSeconds = 30;

/** What a refusal says: there are too many, or there is a server that must not be among them. */
type Blame = 'number' | 'server';

const blames: readonly { readonly codes: RegExp; readonly blame: Blame }[] = [
  // Counts how often one address is a server anywhere: others may be added.
  { codes: /^ResourceQuotaExceeded\.ServerAddedNum$/, blame: 'server' },
  { codes: /^(Resource)?QuotaExceeded\.|^ResourceNotEnough\./, blame: 'number' },
  { codes: /^ResourceNotFound\.(Eni|Ecs|Eci|Ip)$/, blame: 'server' },
  { codes: /^(IncorrectStatus\.Eni|IllegalParam\.\w*|InvalidParameter\.?\w*|ResourceInUse\.IP)$/, blame: 'server' },
  { codes: /^(Conflict|DuplicatedParam)\.BackendServer$/, blame: 'server' },
  { codes: /^(Mismatch|OperationDenied|UnsupportedFeature)\./, blame: 'server' },
];

/** The same operation with the first `count` of what it brings. */
export function cut(operation: MemberOperation, count: number): MemberOperation {
  if (operation.kind === 'replace') return { ...operation, added: operation.added.slice(0, count) };
  return operation.kind === 'add' ? { ...operation, servers: operation.servers.slice(0, count) } : operation;
}

/** A moment of the API server's clock, ms. */
type Now = () => number;

/** What a run knows and learns of refusals in one group. */
export class Refusals {
  /** What must go goes first. */
  tight = false;
  /** So many additions, from the front, were refused together. */
  #suspected = 0;
  #asked = 0;
  #convictions = 0;
  #refused: Record<string, { readonly code: string; readonly until: number; readonly tries: number }>;
  #full: RefusedServers['full'];
  readonly #now: Now;

  constructor(known: RefusedServers | undefined, now: Now) {
    this.#refused = { ...known?.servers };
    this.#full = known?.full;
    this.#now = now;
  }

  /** Why there is no room for any server more, until something goes. */
  get full(): string | undefined {
    return this.#full !== undefined && this.#full.until > this.#now() ? this.#full.code : undefined;
  }

  /** Keys of servers that are not tried now, each with the code of its refusal. */
  get refused(): ReadonlyMap<string, string> {
    const now = this.#now();
    return new Map(Object.entries(this.#refused).flatMap(([key, { code, until }]) => (until > now ? [[key, code]] : [])));
  }

  /** When the first of what is left out is tried again (ms); `undefined`: nothing is. */
  get dueAt(): number | undefined {
    const now = this.#now();
    const times = [...Object.values(this.#refused), ...(this.#full === undefined ? [] : [this.#full])].map(({ until }) => until);
    const coming = times.filter((until) => until > now);
    return coming.length === 0 ? undefined : Math.min(...coming);
  }

  /** How many of `count` additions to try next. */
  sizeOf(count: number): number {
    return this.#suspected === 0 ? count : Math.min(count, Math.max(1, Math.floor(this.#suspected / 2)));
  }

  accepted(operation: MemberOperation): void {
    this.#suspected = Math.max(0, this.#suspected - addedBy(operation).length);
    // Room was made, or found.
    this.#full = undefined;
    this.#convictions = 0;
  }

  /** Whether something was learnt, so that the group is to be planned anew. `listed`: the servers were listed in this run. */
  learn(error: unknown, operation: MemberOperation, { listed, leaving }: { readonly listed: boolean; readonly leaving: boolean }): boolean {
    const added = addedBy(operation);
    const code = error instanceof CloudFailure ? (error.facts['code'] ?? '') : '';
    const blame = blames.find(({ codes }) => codes.test(code))?.blame;
    const stale = code === 'Conflict.BackendServer' && !listed;
    if (blame === undefined || stale || added.length === 0 || this.#asked >= mostRefusals) return false;
    this.#asked += 1;
    if (blame === 'number' && leaving && !this.tight) this.tight = true;
    else if (added.length > 1) this.#suspected = added.length;
    else this.#convict(added[0], code, blame);
    return true;
  }

  #convict(server: Server | undefined, code: string, blame: Blame): void {
    this.#suspected = 0;
    this.#convictions += 1;
    const isQuota = /QuotaExceeded/.test(code);
    if (blame === 'number' || (isQuota && this.#convictions >= crowd)) {
      this.#full = { code, ...this.#pause(this.#full?.tries) };
      return;
    }
    const key = server === undefined ? '' : serverKey(server);
    this.#refused[key] = { code, ...this.#pause(this.#refused[key]?.tries) };
    // From the second on the next is tried by itself first.
    if (this.#convictions > 1) this.#suspected = 1;
  }

  #pause(tries = 0): { readonly until: number; readonly tries: number } {
    return { until: this.#now() + doublingSeconds(tries, firstPauseSeconds) * 1000, tries: tries + 1 };
  }

  /** What is worth remembering of the servers that are still wanted; `undefined`: nothing. */
  remembered(wanted: ReadonlySet<string>): RefusedServers | undefined {
    const servers = Object.fromEntries(Object.entries(this.#refused).filter(([key]) => wanted.has(key)));
    if (Object.keys(servers).length === 0 && this.#full === undefined) return undefined;
    return { servers, ...(this.#full === undefined ? {} : { full: this.#full }) };
  }
}
