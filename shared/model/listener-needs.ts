/** Whether the listeners that an Ingress wants are there, and whether they go with the protocol of its servers. */
import type { Problem } from '#shared/problem.ts';
import type { ListenPort } from './annotations/binding.ts';
import { backendProtocol } from './annotations/routing.ts';
import type { Listeners } from './build-listener.ts';
import { askedAt } from './ingress-listeners.ts';
import { listenerIdentity } from './listener-identity.ts';
import { problemOf, refOf } from './object-ref.ts';
import type { RoutingSettings } from './routing-settings.ts';
import type { Ingress } from './wish.ts';

interface Around {
  readonly listeners: Listeners;
  readonly albConfig: string;
}

/** A listener that is not in the AlbConfig, or that is left as it is because something in it is wrong. */
export function unavailable(wanted: ListenPort, ingress: Ingress, { listeners, albConfig }: Around): readonly Problem[] {
  const ref = refOf(ingress);
  const identity = listenerIdentity(wanted.protocol, wanted.port);
  if (listeners.specs.some((one) => one.identity === identity)) return [];
  if (listeners.held.includes(identity)) {
    return [problemOf('CONFIG-INVALID', ref, { field: `listener ${identity}`, detail: `see the problems of AlbConfig ${albConfig}` })];
  }
  const there = listeners.specs.map((one) => one.identity).join(', ') || 'none';
  const facts = { albconfig: albConfig, port: String(wanted.port), protocol: wanted.protocol, listeners: there };
  return [problemOf('LISTENER-MISSING', ref, facts, askedAt(ingress))];
}

type Protocol = RoutingSettings['backendProtocol'];

/** Behind which listeners the service lets groups of a protocol stand. */
const carriers: Readonly<Record<Protocol, readonly ListenPort['protocol'][]>> = {
  http: ['HTTP', 'HTTPS', 'QUIC'],
  https: ['HTTPS'],
  grpc: ['HTTPS', 'QUIC'],
};

/**
 * With `ssl-redirect` nothing but redirects stands on other ports than 443, so that the protocol of the servers does not matter there. For
 * gRPC the existing controllers take HTTP 80 alone for such a port.
 */
const isRedirect = ({ protocol, port }: ListenPort, { sslRedirect, backendProtocol: servers }: RoutingSettings): boolean =>
  sslRedirect && (servers === 'grpc' ? protocol === 'HTTP' && port === 80 : port !== 443);

/** gRPC runs over HTTP/2, which a listener HTTPS may have switched off. Where only redirects stand, it does not matter. */
function withoutHttp2(ports: readonly ListenPort[], settings: RoutingSettings, listeners: Listeners): readonly string[] {
  if (settings.backendProtocol !== 'grpc') return [];
  return ports
    .filter(({ port }) => !settings.sslRedirect || port === 443)
    .map(({ protocol, port }) => listenerIdentity(protocol, port))
    .filter((identity) => listeners.specs.some((one) => one.identity === identity && one.settings.http2Enabled === false));
}

/** Listeners that could carry the protocol of the servers, but are set not to. */
export function protocolNeeds(
  ingress: Ingress,
  wanted: readonly ListenPort[],
  settings: RoutingSettings,
  around: Around,
): readonly Problem[] {
  return withoutHttp2(wanted, settings, around.listeners).map((listener) =>
    problemOf('LISTENER-NEEDS', refOf(ingress), {
      what: `${backendProtocol.keys[0]}: grpc`,
      field: 'http2Enabled: true',
      listener,
      albconfig: around.albConfig,
    }),
  );
}

/** Whether all of these listeners have a certificate from the AlbConfig. */
const areCertified = (ports: readonly ListenPort[], { specs }: Listeners): boolean =>
  ports.length > 0 &&
  ports.every(({ protocol, port }) => {
    const listener = specs.find((one) => one.identity === listenerIdentity(protocol, port));
    return listener?.settings.certificateId !== undefined;
  });

/**
 * Servers that speak HTTPS or gRPC are reached from encrypted listeners only; gRPC wants a TLS section besides, or listeners whose
 * certificate is in the AlbConfig.
 */
export function protocolProblems(
  ingress: Ingress,
  wanted: readonly ListenPort[],
  settings: RoutingSettings,
  listeners: Listeners,
): readonly Problem[] {
  const protocol = settings.backendProtocol;
  const serving = wanted.filter((one) => !isRedirect(one, settings));
  const wrong = serving.filter((one) => !carriers[protocol].includes(one.protocol));
  const withoutTls = protocol === 'grpc' && (ingress.spec?.tls ?? []).length === 0 && !areCertified(serving, listeners);
  const named = wrong.map((one) => `${one.protocol}:${one.port}`).join(', ');
  const details = [
    ...(withoutTls ? ['a TLS section (Ingress.Spec.TLS)'] : []),
    ...(wrong.length > 0 && !withoutTls ? [`listeners of ${carriers[protocol].join(' or ')} only, not ${named}`] : []),
  ];
  return details.map((detail) =>
    problemOf('GRPC-NEEDS-TLS', refOf(ingress), { protocol, detail }, `metadata.annotations[${backendProtocol.keys[0]}]`),
  );
}
