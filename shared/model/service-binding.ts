/** A Service whose endpoints are kept in a server group that was made elsewhere (annotation `server-group-id`), with or without an Ingress. */
import { readAnnotation } from './annotations/annotation.ts';
import { serverGroupId } from './annotations/service.ts';
import type { ModeSite } from './backend-mode.ts';
import { membersRule, type RuleAnswer, readMode, type ServiceFault, type ServicePort } from './members-rule.ts';
import type { Service } from './wish.ts';

export interface Binding {
  readonly serverGroupId: string;
  /** The only one of the Service. */
  readonly port: ServicePort;
}

/** A binding, none, or why the annotation cannot be followed. */
export type BindingReading =
  | { readonly binding: Binding | undefined; readonly faults?: never }
  | { readonly faults: readonly ServiceFault[]; readonly binding?: never };

/** What a Service asks for by annotation, before it is known whether there is such a group. */
export function readBinding(service: Service): BindingReading {
  const { value, problem } = readAnnotation(serverGroupId, service);
  if (problem !== undefined) return { faults: [{ code: problem.code, facts: problem.facts }] };
  if (value === '') return { binding: undefined };
  const [port, ...others] = service.spec?.ports ?? [];
  if (port !== undefined && others.length === 0 && (port.protocol ?? 'TCP') === 'TCP') return { binding: { serverGroupId: value, port } };
  const name = `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`;
  const detail = `the Service must have exactly one port, of TCP; it has ${others.length + (port === undefined ? 0 : 1)}`;
  return { faults: [{ code: 'SERVICE-BINDING', facts: { service: name, group: value, detail } }] };
}

/** How endpoints become servers of that group. `groupType`: what the group is. */
export function bindingRule(service: Service, { port }: Binding, site: ModeSite): RuleAnswer {
  const { mode, faults } = readMode(service, site);
  return mode === undefined ? { faults } : membersRule(service, port, mode);
}
