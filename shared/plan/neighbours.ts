/**
 * Whose rules may meet the same requests. An Ingress that waits (for the first member of a group) keeps its old rules meanwhile; were its
 * neighbours changed without it, a request could go where neither the old nor the new wish sends it. Other hosts are other requests.
 */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';

/** One rule, wanted or there: who it belongs to, where it stands, and which hosts it may match. */
export interface HostShare {
  readonly owner: string;
  readonly listener: string;
  /** In lower case; empty: any host. */
  readonly hosts: readonly string[];
}

/** Wildcards and expressions may match any host. */
const isOpen = (host: string): boolean => /^~|[*?]/.test(host);

/** The hosts that conditions allow, in lower case; empty: any. */
export function hostsOf(conditions: readonly RuleCondition[]): readonly string[] {
  const hosts = conditions.flatMap((one) => (one.type === 'Host' ? one.hostConfig.values : [])).map((one) => one.toLowerCase());
  return hosts.some(isOpen) ? [] : hosts;
}

/** Sets that are merged: the name of the set that something is in. */
function createSets(): { join(a: string, b: string): void; setOf(one: string): string } {
  const parents = new Map<string, string>();
  const setOf = (one: string): string => {
    const parent = parents.get(one) ?? one;
    if (parent === one) return one;
    const root = setOf(parent);
    parents.set(one, root);
    return root;
  };
  return { setOf, join: (a, b) => void parents.set(setOf(a), setOf(b)) };
}

/** `of` and everybody who is connected with them by a host on a listener, directly or through others. */
export function neighboursOf(of: ReadonlySet<string>, shares: readonly HostShare[]): ReadonlySet<string> {
  if (of.size === 0) return of;
  // A rule for any host meets the requests of every other rule on its listener.
  const open = new Set(shares.filter(({ hosts }) => hosts.length === 0).map(({ listener }) => listener));
  const sets = createSets();
  for (const { owner, listener, hosts } of shares) {
    const places = open.has(listener) ? [listener] : hosts.map((host) => `${listener} ${host}`);
    for (const place of places) sets.join(`owner ${owner}`, `place ${place}`);
  }
  const concerned = new Set([...of].map((owner) => sets.setOf(`owner ${owner}`)));
  return new Set([...of, ...shares.map(({ owner }) => owner).filter((owner) => concerned.has(sets.setOf(`owner ${owner}`)))]);
}
