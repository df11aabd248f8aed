/** Which listeners an Ingress wants: what `listen-ports` says, else HTTP 80, or HTTPS 443 for hosts with TLS. */

import { type Reading, readAnnotation } from './annotations/annotation.ts';
import { type ListenPort, listenPorts } from './annotations/binding.ts';
import type { Ingress } from './wish.ts';

const plain: ListenPort = { protocol: 'HTTP', port: 80 };
const secure: ListenPort = { protocol: 'HTTPS', port: 443 };

/** Hosts are compared as plain text: `*.a.example` in the TLS section does not cover `b.a.example`, as in the existing controllers. */
function byHosts(ingress: Ingress): readonly ListenPort[] {
  const tlsHosts = new Set((ingress.spec?.tls ?? []).flatMap((one) => one.hosts ?? []));
  if (tlsHosts.size === 0) return [plain];
  const hasPlain = (ingress.spec?.rules ?? []).some((rule) => (rule.host ?? '') !== '' && !tlsHosts.has(rule.host ?? ''));
  return hasPlain ? [plain, secure] : [secure];
}

const distinct = (ports: readonly ListenPort[]): readonly ListenPort[] =>
  ports.filter((one, index) => ports.findIndex((other) => other.protocol === one.protocol && other.port === one.port) === index);

/** The listeners that an Ingress wants, each once, whether or not the AlbConfig has them. */
export function listenersWanted(ingress: Ingress): Reading<readonly ListenPort[]> {
  const reading = readAnnotation(listenPorts, ingress);
  if (reading.problem !== undefined) return { problem: reading.problem };
  return { value: distinct(reading.value ?? byHosts(ingress)) };
}
