/** The listeners of `spec.listeners`: one that is wrong is left as it is in the cloud, the others go on. */

import { defaultSecurityPolicy } from '#shared/cloud/alb/defaults.ts';
import type { ListenerSettings } from '#shared/cloud/alb/port.ts';
import { albConfigTags, tagKeys } from '#shared/ownership.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { type AlbConfigListener, listenerSchema } from './albconfig.ts';
import { listenerNotYet } from './albconfig-not-yet.ts';
import { buildDefaultGroup } from './build-server-group.ts';
import { listenerIdentity, listenerOf } from './listener-identity.ts';
import { byText, problemOf } from './object-ref.ts';
import { readSection, type SectionQuestion } from './read-albconfig.ts';
import type { ListenerIdentity, ListenerSpec, ServerGroupSpec } from './stack.ts';
import type { RawAlbConfig, Site } from './wish.ts';

export interface Listeners {
  readonly specs: readonly ListenerSpec[];
  /** The default group of each listener that is or may be ours. */
  readonly groups: readonly ServerGroupSpec[];
  /** Listeners that are in the AlbConfig but wrong or not supported yet: left as they are. */
  readonly held: readonly ListenerIdentity[];
  readonly problems: readonly Problem[];
  /** Something is so wrong that it cannot be said which listener is meant: nothing may be touched. */
  readonly unclear: boolean;
}

/** What only some protocols have, with the service's defaults; written for another protocol it says nothing and is not sent. */
const secureSettings: Readonly<Record<ListenerSpec['protocol'], (listener: AlbConfigListener) => Partial<ListenerSettings>>> = {
  HTTP: () => ({}),
  HTTPS: (listener) => ({
    http2Enabled: listener.http2Enabled ?? true,
    securityPolicyId: listener.securityPolicyId ?? defaultSecurityPolicy,
    ...certificateOf(listener),
  }),
  QUIC: (listener) => certificateOf(listener),
};

/** The one marked as default, else the first. */
function certificateOf({ certificates = [] }: AlbConfigListener): Pick<ListenerSettings, 'certificateId'> {
  const chosen = certificates.find((one) => one.IsDefault === true) ?? certificates[0];
  return chosen === undefined ? {} : { certificateId: chosen.CertificateId };
}

/** Compression and timeouts have the service's defaults. */
const settingsOf = (listener: AlbConfigListener, protocol: ListenerSpec['protocol'], port: number): ListenerSettings => ({
  listenerDescription: listener.description ?? `ingress-auto-listener-${port}`,
  idleTimeout: listener.idleTimeout ?? 15,
  requestTimeout: listener.requestTimeout ?? 60,
  gzipEnabled: listener.gzipEnabled ?? true,
  ...secureSettings[protocol](listener),
  ...headersOf(listener),
});

function headersOf(listener: AlbConfigListener): Pick<ListenerSettings, 'xForwardedForConfig'> {
  const written = Object.entries(listener.xForwardedForConfig ?? {}).filter(
    (entry): entry is [string, boolean | string] => entry[1] !== undefined,
  );
  return written.length === 0 ? {} : { xForwardedForConfig: Object.fromEntries(written) };
}

interface Entry {
  readonly identity: ListenerIdentity | undefined;
  readonly port: number;
  readonly listener: AlbConfigListener | undefined;
  readonly problems: readonly Problem[];
}

/** Which listener a wrong section means: its port and protocol alone, when at least they are right. */
function meant(raw: unknown, question: Omit<SectionQuestion<typeof listenerSchema>, 'raw'>): ListenerIdentity | undefined {
  if (raw === null || typeof raw !== 'object') return undefined;
  const entries = Object.entries(raw).filter(([name]) => ['port', 'protocol'].includes(name.toLowerCase()));
  const { value } = readSection({ ...question, raw: Object.fromEntries(entries) });
  return value === undefined ? undefined : listenerIdentity(value.protocol ?? 'HTTP', Number(value.port ?? 80));
}

/** A listener that speaks TLS cannot be made without a certificate, and one that would serve the wrong one is better left alone. */
function checkCertificates(
  { certificates = [] }: AlbConfigListener,
  identity: ListenerIdentity,
  { at, albConfig }: { readonly at: string; readonly albConfig: ObjectRef },
): { readonly usable: boolean; readonly problems: readonly Problem[] } {
  if (certificates.length === 0) {
    const detail = `listener ${identity} needs a certificate, given as certificates[].CertificateId; TLS Secrets and discovery are not supported yet`;
    return { usable: false, problems: [problemOf('CONFIG-INVALID', albConfig, { field: at, detail }, at)] };
  }
  if (certificates.length === 1) return { usable: true, problems: [] };
  const facts = { field: at, detail: `listener ${identity} serves its default certificate only, the other ones are left out` };
  return { usable: true, problems: [problemOf('CONFIG-UNSUPPORTED', albConfig, facts, at)] };
}

function readEntry(raw: unknown, index: number, albConfig: ObjectRef): Entry {
  const at = `spec.listeners[${index}]`;
  const question = { schema: listenerSchema, notYet: listenerNotYet, at, albConfig };
  const { value, problems } = readSection({ ...question, raw });
  if (value === undefined) return { identity: meant(raw, question), port: 0, listener: undefined, problems };
  const port = Number(value.port ?? 80);
  const protocol = value.protocol ?? 'HTTP';
  const identity = listenerIdentity(protocol, port);
  if (port > 65_535) {
    const facts = { field: `${at}.port`, detail: 'a port is at most 65535' };
    return {
      identity: undefined,
      port,
      listener: undefined,
      problems: [...problems, problemOf('CONFIG-INVALID', albConfig, facts, facts.field)],
    };
  }
  if (protocol === 'HTTP') return { identity, port, listener: value, problems };
  const certified = checkCertificates(value, identity, { at: `${at}.certificates`, albConfig });
  return { identity, port, listener: certified.usable ? value : undefined, problems: [...problems, ...certified.problems] };
}

/** A port can have one listener (HTTPS and QUIC excepted): later entries for a port that is spoken for are wrong. */
function contested(entries: readonly Entry[], albConfig: ObjectRef): readonly Problem[] {
  return entries.flatMap((entry, index) => {
    const before = entries.slice(0, index).find((one) => one.identity !== undefined && portOf(one) === portOf(entry) && clash(one, entry));
    if (before === undefined || entry.identity === undefined) return [];
    const facts = { field: `spec.listeners[${index}]`, detail: `port ${portOf(entry)} is taken by listener ${before.identity}` };
    return [problemOf('CONFIG-INVALID', albConfig, facts, facts.field)];
  });
}

const portOf = (entry: Entry): string => entry.identity?.split(':')[1] ?? '';
const clash = (one: Entry, other: Entry): boolean =>
  one.identity === other.identity || [one, other].some((entry) => entry.identity?.startsWith('HTTP:') === true);

const defaultGroupOf = (protocol: string, port: number, owner: ObjectRef, site: Site): ServerGroupSpec =>
  buildDefaultGroup(protocol, port, { cluster: site.cluster, albConfig: owner.name, vpcId: site.vpcId }, owner);

function buildOne(entry: Entry, owner: ObjectRef, site: Site): ListenerSpec | undefined {
  if (entry.listener === undefined || entry.identity === undefined) return undefined;
  const protocol = entry.listener.protocol ?? 'HTTP';
  return {
    identity: entry.identity,
    owners: [owner],
    tags: { ...albConfigTags(site.cluster, owner.name), [tagKeys.identity]: entry.identity },
    protocol,
    port: entry.port,
    defaultGroup: defaultGroupOf(protocol, entry.port, owner, site).identity,
    settings: settingsOf(entry.listener, protocol, entry.port),
  };
}

/** HTTPS before QUIC where they share a port. */
const byPort = (a: ListenerSpec, b: ListenerSpec): number => a.port - b.port || byText(a.protocol, b.protocol);

/** Every listener of an AlbConfig, in the order of their ports. */
export function buildListeners(raw: RawAlbConfig, owner: ObjectRef, site: Site): Listeners {
  const written = Object.entries(raw.spec ?? {}).find(([name]) => name.toLowerCase() === 'listeners')?.[1] ?? [];
  if (!Array.isArray(written)) {
    const facts = { field: 'spec.listeners', detail: 'it must be a list' };
    return { specs: [], groups: [], held: [], problems: [problemOf('CONFIG-INVALID', owner, facts, facts.field)], unclear: true };
  }
  const entries = written.map((one, index) => readEntry(one, index, owner));
  const contests = contested(entries, owner);
  const first = entries.filter((entry) => !contests.some((one) => one.path === `spec.listeners[${entries.indexOf(entry)}]`));
  const specs = first
    .map((entry) => buildOne(entry, owner, site))
    .filter((one) => one !== undefined)
    .sort(byPort);
  const identities = [...new Set(entries.flatMap((entry) => (entry.identity === undefined ? [] : [entry.identity])))];
  const held = identities.filter((identity) => !specs.some((spec) => spec.identity === identity)).sort();
  return {
    specs,
    // A held listener may be there already, and then its default group is in use.
    groups: [...specs.map((one) => one.identity), ...held].map((identity) => {
      const { protocol, port } = listenerOf(identity);
      return defaultGroupOf(protocol, port, owner, site);
    }),
    held,
    problems: [...entries.flatMap((entry) => entry.problems), ...contests],
    unclear: entries.some((entry) => entry.identity === undefined),
  };
}
