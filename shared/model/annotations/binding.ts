/** Annotations that bind an Ingress to an AlbConfig and to listeners, and say where among its neighbours it stands. */
import { isRecord } from '#shared/model/fold-fields.ts';
import { type Annotation, albPrefix, type Format } from './annotation.ts';
import { described } from './fault.ts';
import { integer, textLike } from './formats.ts';
import { readJson } from './json-text.ts';
import { nearestName } from './nearest-name.ts';

/** A listener as `listen-ports` names it. */
export interface ListenPort {
  readonly protocol: 'HTTP' | 'HTTPS' | 'QUIC';
  readonly port: number;
}

const protocols: readonly string[] = ['HTTP', 'HTTPS', 'QUIC'] satisfies readonly ListenPort['protocol'][];
const isProtocol = (text: string): text is ListenPort['protocol'] => protocols.includes(text);

const listenPort = (entry: unknown): ListenPort | undefined => {
  if (!isRecord(entry)) return undefined;
  const [first, ...others] = Object.entries(entry);
  if (first === undefined || others.length > 0) return undefined;
  const [protocol, port] = first;
  if (!isProtocol(protocol) || typeof port !== 'number') return undefined;
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? { protocol, port } : undefined;
};

/** What is likely wrong with one entry. */
function entryFault(entry: unknown, index: number): string | undefined {
  if (listenPort(entry) !== undefined) return undefined;
  const [[protocol, port], another] = isRecord(entry) ? [Object.entries(entry)[0] ?? [], Object.keys(entry)[1]] : [[]];
  const at = `at [${index}]: `;
  if (protocol === undefined) return `${at}an object such as {"HTTP":80}; found ${described(entry)}`;
  if (another !== undefined) return `${at}each listener is an object of its own; found ${protocol} and ${another} in one`;
  if (isProtocol(protocol)) return `${at}a port from 1 to 65535 without quotes; found ${described(port)}`;
  const near = nearestName(protocol, protocols);
  return `${at}the protocol is one of ${protocols.join(', ')}; found ${protocol}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function explainPorts(text: string): string | undefined {
  const { value, fault } = readJson(text);
  if (fault !== undefined) return fault;
  if (!Array.isArray(value)) return isRecord(value) ? 'put [ ] around it' : `found ${described(value)}`;
  return value.map(entryFault).find((one) => one !== undefined);
}

const listenPortsFormat: Format<readonly ListenPort[] | undefined> = {
  type: 'JSON',
  allowed: 'a JSON list such as [{"HTTP":80},{"HTTPS":443}], protocols HTTP, HTTPS, QUIC, ports 1 to 65535',
  parse: (text) => {
    const entries = readJson(text).value;
    if (!Array.isArray(entries) || entries.length === 0) return undefined;
    const ports = entries.map(listenPort);
    return ports.some((one) => one === undefined) ? undefined : ports.filter((one) => one !== undefined);
  },
  explain: explainPorts,
};

/** Listeners on which all rules of the Ingress are put; absent: chosen by its hosts and TLS section. */
export const listenPorts: Annotation<readonly ListenPort[] | undefined> = {
  keys: [`${albPrefix}listen-ports`],
  on: 'Ingress',
  format: listenPortsFormat,
  default: undefined,
  goesTo: 'the listeners that get the rules (CreateRules.ListenerId)',
  text: 'Puts all rules of this Ingress on each listed listener. The listeners must be in the AlbConfig. Without it: HTTP 80, or HTTPS 443 for hosts in `spec.tls`.',
};

/** Position among the Ingresses of one AlbConfig; equal values fall back to namespace/name. */
export const order: Annotation<number> = {
  keys: [`${albPrefix}albconfig.order`, `${albPrefix}order`],
  on: 'Ingress',
  format: integer(1, 1000),
  default: 10,
  goesTo: 'Rules.N.Priority',
  text: 'Ingresses with lower values are matched earlier. Equal values are ordered by namespace/name.',
};

/** Overrides the AlbConfig that the IngressClass names. Empty: not given. */
export const albConfigName: Annotation<string> = {
  keys: [`${albPrefix}albconfig.name`],
  on: 'Ingress',
  format: textLike(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'the name of an AlbConfig'),
  default: '',
  goesTo: 'the AlbConfig whose ALB serves this Ingress',
  text: 'Overrides the AlbConfig that the IngressClass names.',
};

/** Class of an Ingress without `spec.ingressClassName`. Empty: not given. */
export const legacyClass: Annotation<string> = {
  keys: ['kubernetes.io/ingress.class'],
  on: 'Ingress',
  format: textLike(/^.{1,253}$/, 'the name of an IngressClass, or alb'),
  default: '',
  goesTo: 'the IngressClass',
  text: 'Read when `spec.ingressClassName` is absent. The value `alb` needs no IngressClass object.',
};
