/** How the endpoints behind one port of a Service become servers: what its type, its fields and its annotations say. */
import type { ErrorCode } from '#shared/errors.ts';
import { type Annotation, readAnnotation } from './annotations/annotation.ts';
import { backendLabel, backendType, removeUnscheduled } from './annotations/service.ts';
import { backendMode, type ModeSite } from './backend-mode.ts';
import type { BackendMode, MembersRule } from './members-source.ts';
import type { Service } from './wish.ts';

/** A port of a Service. */
export type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

type Facts = Readonly<Record<string, string>>;

/** Something wrong with a Service, to be told of the Ingresses that use it. */
export interface ServiceFault {
  readonly code: ErrorCode;
  readonly facts: Facts;
}

/** A mode, or what is wrong with the Service. */
export type ModeReading =
  | { readonly mode: BackendMode; readonly faults?: never }
  | { readonly faults: readonly ServiceFault[]; readonly mode?: never };

/** A rule, perhaps with warnings; without one, what is wrong with the Service. */
export interface RuleAnswer {
  readonly rule?: Omit<MembersRule, 'healthChecked'>;
  readonly faults: readonly ServiceFault[];
}

/** `shop/coffee` */
const nameOf = ({ metadata }: Service): string => `${metadata.namespace ?? 'default'}/${metadata.name}`;

/** A refused value. `other`: what it would need to have an effect; without it, it has one. */
function refused(row: Annotation<unknown>, service: Service, other?: string): readonly ServiceFault[] {
  const { problem } = readAnnotation(row, service);
  if (problem === undefined) return [];
  const facts = { ...problem.facts, annotation: `${row.keys[0]} of Service ${nameOf(service)}` };
  return [other === undefined ? { code: problem.code, facts } : { code: 'ANNOTATION-UNUSED', facts: { ...facts, other } }];
}

const nodeRows: readonly Annotation<unknown>[] = [backendLabel, removeUnscheduled];

const unreachable = (service: Service, detail: string): { readonly faults: readonly ServiceFault[] } => ({
  faults: [{ code: 'BACKEND-MODE', facts: { service: nameOf(service), detail } }],
});

const families = ({ spec }: Service): readonly string[] => (spec?.ipFamilies?.length ? spec.ipFamilies : ['IPv4']);

/** Why a port cannot be reached on nodes. The load balancer knows nodes by their instances, whose addresses are of IPv4. */
function nodeRefusal(service: Service, port: ServicePort): string | undefined {
  const instead = `annotate it ${backendType.keys[0]}: eni to use the addresses of its pods`;
  if (!families(service).includes('IPv4')) return `it is of IPv6 alone, and nodes are reached by IPv4; ${instead}`;
  if ((port.nodePort ?? 0) > 0) return undefined;
  const why = service.spec?.allocateLoadBalancerNodePorts === false ? ' (allocateLoadBalancerNodePorts is false)' : '';
  return `its port ${port.port} has no node port${why}; let it have one, or ${instead}`;
}

function onNodes(service: Service, port: ServicePort, mode: 'cluster' | 'local'): RuleAnswer {
  const refusal = nodeRefusal(service, port);
  if (refusal !== undefined) return unreachable(service, refusal);
  const faults = nodeRows.flatMap((row) => refused(row, service));
  if (faults.length > 0) return { faults };
  const nodeLabels = readAnnotation(backendLabel, service).value;
  return {
    rule: {
      ...{ portName: port.name ?? '', mode },
      ...(port.nodePort === undefined ? {} : { nodePort: port.nodePort }),
      ...(nodeLabels === undefined ? {} : { nodeLabels }),
      ...(readAnnotation(removeUnscheduled, service).value === 'on' ? { schedulableOnly: true } : {}),
    },
    faults,
  };
}

/** How a Service is reached, whichever of its ports is meant. */
export function readMode(service: Service, site: ModeSite): ModeReading {
  const faults = service.spec?.type === 'ExternalName' ? [] : refused(backendType, service);
  if (faults.length > 0) return { faults };
  const { mode, refusal } = backendMode(service, site);
  return mode === undefined ? unreachable(service, refusal) : { mode };
}

/** The rule of one port. Pods by address are of the first family: a Service of both has each pod once. */
export function membersRule(service: Service, port: ServicePort, mode: BackendMode): RuleAnswer {
  if (mode === 'cluster' || mode === 'local') return onNodes(service, port, mode);
  return {
    rule: { portName: port.name ?? '', mode, ...(families(service)[0] === 'IPv6' ? { family: 'IPv6' } : {}) },
    faults: nodeRows.flatMap((row) => refused(row, service, 'node ports')),
  };
}
