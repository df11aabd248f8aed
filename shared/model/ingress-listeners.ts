/** Which listeners an Ingress wants, and which of its rules stand on which of them. */
import type { Problem } from '#shared/problem.ts';
import { type Reading, readAnnotation } from './annotations/annotation.ts';
import { type ListenPort, listenPorts } from './annotations/binding.ts';
import { sslRedirect } from './annotations/routing.ts';
import { problemOf, refOf } from './object-ref.ts';
import type { Ingress } from './wish.ts';

const plain: ListenPort = { protocol: 'HTTP', port: 80 };
const secure: ListenPort = { protocol: 'HTTPS', port: 443 };

const sameListener = (a: ListenPort, b: ListenPort): boolean => a.protocol === b.protocol && a.port === b.port;

/** Hosts are compared as plain text: `*.a.example` in the TLS section does not cover `b.a.example`, as in the existing controllers. */
const tlsHostsOf = (ingress: Ingress): ReadonlySet<string> =>
  new Set((ingress.spec?.tls ?? []).flatMap((one) => one.hosts ?? []).filter((host) => host !== ''));

const hostsOf = (ingress: Ingress): readonly string[] =>
  (ingress.spec?.rules ?? []).map((rule) => rule.host ?? '').filter((host) => host !== '');

function byHosts(ingress: Ingress): readonly ListenPort[] {
  const tlsHosts = tlsHostsOf(ingress);
  if (tlsHosts.size === 0) return [plain];
  return hostsOf(ingress).some((host) => !tlsHosts.has(host)) ? [plain, secure] : [secure];
}

const distinct = (ports: readonly ListenPort[]): readonly ListenPort[] =>
  ports.filter((one, index) => ports.findIndex((other) => sameListener(one, other)) === index);

/** The listeners that an Ingress wants, each once, whether or not the AlbConfig has them. */
export function listenersWanted(ingress: Ingress): Reading<readonly ListenPort[]> {
  const reading = readAnnotation(listenPorts, ingress);
  if (reading.problem !== undefined) return { problem: reading.problem };
  const redirect = readAnnotation(sslRedirect, ingress).value === true;
  return { value: distinct([...(redirect ? [plain] : []), ...(reading.value ?? byHosts(ingress))]) };
}

/**
 * On which of the wanted listeners a rule with this host (empty: any) stands. Unless the annotations choose the listeners, a host is on HTTPS
 * if the TLS section names it and on HTTP if not.
 */
export function placement(ingress: Ingress, wanted: readonly ListenPort[]): (host: string) => readonly ListenPort[] {
  const chosen = readAnnotation(sslRedirect, ingress).value === true || readAnnotation(listenPorts, ingress).value !== undefined;
  const tlsHosts = tlsHostsOf(ingress);
  return (host) => (chosen || host === '' ? wanted : wanted.filter((one) => (one.protocol === 'HTTP') !== tlsHosts.has(host)));
}

/** Where an Ingress says which listeners it wants; `undefined`: nowhere, so it has those for everybody. */
export function askedAt(ingress: Ingress): string | undefined {
  const key = [...listenPorts.keys, ...sslRedirect.keys].find((one) => ingress.metadata.annotations?.[one] !== undefined);
  if (key !== undefined) return `metadata.annotations[${key}]`;
  return tlsHostsOf(ingress).size > 0 ? 'spec.tls' : undefined;
}

/** What about listeners is probably not meant so: TLS hosts without a rule, and redirects to where nothing is. */
export function listenerWarnings(ingress: Ingress, wanted: readonly ListenPort[]): readonly Problem[] {
  const ref = refOf(ingress);
  const hosts = new Set(hostsOf(ingress));
  const strangers = [...tlsHostsOf(ingress)].filter((host) => !hosts.has(host));
  const redirect = readAnnotation(sslRedirect, ingress).value === true;
  return [
    ...(strangers.length === 0 ? [] : [problemOf('TLS-HOSTS', ref, { hosts: strangers.sort().join(', ') }, 'spec.tls')]),
    ...(redirect && !wanted.some((one) => sameListener(one, secure)) ? [problemOf('REDIRECT-NOWHERE', ref, {}, askedAt(ingress))] : []),
  ];
}
