/** Annotations that bind an Ingress to an AlbConfig and to listeners, and say where among its neighbours it stands. */
import { type Annotation, albPrefix, type Format } from './annotation.ts';
import { integer, textLike } from './formats.ts';

/** A listener as `listen-ports` names it. */
export interface ListenPort {
  readonly protocol: 'HTTP' | 'HTTPS' | 'QUIC';
  readonly port: number;
}

const protocols: readonly string[] = ['HTTP', 'HTTPS', 'QUIC'] satisfies readonly ListenPort['protocol'][];
const isProtocol = (text: string): text is ListenPort['protocol'] => protocols.includes(text);

const listenPort = (entry: unknown): ListenPort | undefined => {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return undefined;
  const [first, ...others] = Object.entries(entry);
  if (first === undefined || others.length > 0) return undefined;
  const [protocol, port] = first;
  const valid = isProtocol(protocol) && Number.isInteger(port) && port >= 1 && port <= 65_535;
  return valid ? { protocol, port } : undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the caller: what is not JSON is not a list
  }
};

const listenPortsFormat: Format<readonly ListenPort[] | undefined> = {
  type: 'JSON',
  allowed: 'a JSON list such as [{"HTTP":80},{"HTTPS":443}], protocols HTTP, HTTPS, QUIC, ports 1 to 65535',
  parse: (text) => {
    const entries = parseJson(text);
    if (!Array.isArray(entries) || entries.length === 0) return undefined;
    const ports = entries.map(listenPort);
    return ports.some((one) => one === undefined) ? undefined : ports.filter((one) => one !== undefined);
  },
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
