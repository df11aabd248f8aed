/** From a backend of an Ingress to the Service port that requests are sent to, or why there is none. */
import type { ErrorCode } from '#shared/errors.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { ModeSite } from './backend-mode.ts';
import type { GroupTarget } from './build-server-group.ts';
import { membersRule, readMode, type ServiceFault, type ServicePort } from './members-rule.ts';
import { problemOf } from './object-ref.ts';
import type { IngressBackend, Service, Site } from './wish.ts';

export interface BackendQuestion {
  readonly ingress: ObjectRef;
  readonly backend: IngressBackend;
  /** Where the backend stands, such as `spec.rules[0].http.paths[1].backend`. */
  readonly at: string;
  readonly services: ReadonlyMap<string, Service>;
  readonly site: Site;
  readonly groupType: ModeSite['groupType'];
}

export interface BackendAnswer {
  /** Absent: there is none, and `problems` says why. */
  readonly target?: GroupTarget;
  readonly problems: readonly Problem[];
}

/** Port name by which an Ingress says that its annotations hold the whole action. */
const actionsOnly = 'use-annotation';

/** A backend that names no Service: what becomes of its requests stands in `actions.<service>`. */
export const isPlaceholder = (backend: IngressBackend): boolean => backend.service?.port?.name === actionsOnly;

type PortRef = NonNullable<NonNullable<IngressBackend['service']>['port']>;

const findPort = (ports: readonly ServicePort[], wanted: PortRef): ServicePort | undefined =>
  ports.find((one) => (wanted.name === undefined ? one.port === wanted.number : one.name === wanted.name));

const portText = (port: ServicePort): string => (port.name === undefined ? String(port.port) : `${port.port} (${port.name})`);

/** The Service port of a backend, by name or number. UDP and SCTP ports are not there for an Ingress. */
export function resolveBackend(question: BackendQuestion): BackendAnswer {
  const { backend, ingress, at, groupType } = question;
  const refuse = (code: ErrorCode, facts: Readonly<Record<string, string>>, field: string): BackendAnswer => ({
    problems: [problemOf(code, ingress, facts, `${at}.${field}`)],
  });
  if (backend.resource !== undefined || backend.service === undefined) return refuse('INGRESS-RESOURCE-BACKEND', {}, 'resource');
  const { name, port = {} } = backend.service;
  const text = `${ingress.namespace}/${name}`;
  const service = question.services.get(text);
  if (service === undefined) return refuse('SERVICE-NOT-FOUND', { service: text }, 'service.name');
  const told = (faults: readonly ServiceFault[]): readonly Problem[] =>
    faults.map(({ code, facts }) => problemOf(code, ingress, facts, `${at}.service.name`));
  const { podAddresses } = question.site;
  const { mode, faults: wrong } = readMode(service, { groupType, ...(podAddresses === undefined ? {} : { podAddresses }) });
  if (mode === undefined) return { problems: told(wrong) };
  const ports = (service.spec?.ports ?? []).filter((one) => (one.protocol ?? 'TCP') === 'TCP');
  const found = findPort(ports, port);
  if (found === undefined) {
    const facts = { service: text, port: port.name ?? String(port.number ?? '(none is written)'), ports: ports.map(portText).join(', ') };
    return refuse('PORT-NOT-FOUND', facts, 'service.port');
  }
  const { rule, faults } = membersRule(service, found, mode);
  const problems = told(faults);
  return rule === undefined ? { problems } : { target: { namespace: ingress.namespace, service: name, port: found.port, rule }, problems };
}
