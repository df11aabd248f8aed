/** From a backend of an Ingress to the Service port that requests are sent to, or why there is none. */
import type { ErrorCode } from '#shared/errors.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { readAnnotation } from './annotations/annotation.ts';
import { backendType } from './annotations/service.ts';
import type { GroupTarget } from './build-server-group.ts';
import { problemOf } from './object-ref.ts';
import type { IngressBackend, Service, Site } from './wish.ts';

export interface BackendQuestion {
  readonly ingress: ObjectRef;
  readonly backend: IngressBackend;
  /** Where the backend stands, such as `spec.rules[0].http.paths[1].backend`. */
  readonly at: string;
  readonly services: ReadonlyMap<string, Service>;
  readonly site: Site;
}

export type BackendAnswer =
  | { readonly target: GroupTarget; readonly problem?: never }
  | { readonly problem: Problem; readonly target?: never };

/** Port name by which an Ingress says that its annotations hold the whole action. */
const actionsOnly = 'use-annotation';

/** A backend that names no Service: what becomes of its requests stands in `actions.<service>`. */
export const isPlaceholder = (backend: IngressBackend): boolean => backend.service?.port?.name === actionsOnly;

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];
type PortRef = NonNullable<NonNullable<IngressBackend['service']>['port']>;

const findPort = (ports: readonly ServicePort[], wanted: PortRef): ServicePort | undefined =>
  ports.find((one) => (wanted.name === undefined ? one.port === wanted.number : one.name === wanted.name));

const portText = (port: ServicePort): string => (port.name === undefined ? String(port.port) : `${port.port} (${port.name})`);

/** Why a Service cannot be reached by pod address; `undefined` when it can. */
function modeRefusal(service: Service, site: Site): string | undefined {
  const type = service.spec?.type ?? 'ClusterIP';
  if (type === 'ExternalName') return 'it is an ExternalName';
  const { value: mode, problem } = readAnnotation(backendType, service);
  if (problem !== undefined) return `its annotation ${backendType.keys[0]} must be one of ${backendType.format.allowed}`;
  if (mode === 'ecs') return 'its annotation asks for nodes as servers, which is not supported yet';
  if (mode === 'eni' || site.podAddresses === true || type === 'ClusterIP') return undefined;
  return `it is of type ${type} and not annotated ${backendType.keys[0]}: eni; node ports are not supported yet`;
}

/** The Service port of a backend, by name or number. UDP and SCTP ports are not there for an Ingress. */
export function resolveBackend(question: BackendQuestion): BackendAnswer {
  const { backend, ingress, at } = question;
  const refuse = (code: ErrorCode, facts: Readonly<Record<string, string>>, field: string): BackendAnswer => ({
    problem: problemOf(code, ingress, facts, `${at}.${field}`),
  });
  if (backend.resource !== undefined || backend.service === undefined) return refuse('INGRESS-RESOURCE-BACKEND', {}, 'resource');
  const { name, port = {} } = backend.service;
  const text = `${ingress.namespace}/${name}`;
  const service = question.services.get(text);
  if (service === undefined) return refuse('SERVICE-NOT-FOUND', { service: text }, 'service.name');
  const detail = modeRefusal(service, question.site);
  if (detail !== undefined) return refuse('BACKEND-MODE', { service: text, detail }, 'service.name');
  const ports = (service.spec?.ports ?? []).filter((one) => (one.protocol ?? 'TCP') === 'TCP');
  const found = findPort(ports, port);
  if (found === undefined) {
    const facts = { service: text, port: port.name ?? String(port.number ?? '(none is written)'), ports: ports.map(portText).join(', ') };
    return refuse('PORT-NOT-FOUND', facts, 'service.port');
  }
  return { target: { namespace: ingress.namespace, service: name, port: found.port, portName: found.name ?? '' } };
}
