/** Groups that actions name: a Service port becomes a group of ours, an id stays what it is where the owner of the ALB allows it. */
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { NamedGroup } from './annotations/custom.ts';
import { resolveBackend } from './build-backend.ts';
import type { GroupWish } from './build-group-settings.ts';
import { buildServerGroup } from './build-server-group.ts';
import { problemOf } from './object-ref.ts';
import type { GroupRef, ServerGroupSpec } from './stack.ts';
import type { IngressBackend, Service, Site } from './wish.ts';

/** What groups of one Ingress are made with. */
export interface GroupMaker {
  readonly ingress: ObjectRef;
  readonly albConfig: string;
  readonly services: ReadonlyMap<string, Service>;
  readonly site: Site;
  readonly group: GroupWish;
  /** Ids of server groups made elsewhere that may be named; `*` is any. */
  readonly foreignGroups: readonly string[];
}

export interface MadeGroup {
  /** Absent: it cannot be had, and `problems` says why. */
  readonly ref?: GroupRef;
  /** Absent for groups made elsewhere. */
  readonly spec?: ServerGroupSpec;
  readonly problems: readonly Problem[];
}

/** The group of a Service port, with the settings of the Ingress. `at`: where the backend stands. */
export function groupOfBackend(backend: IngressBackend, at: string, maker: GroupMaker): MadeGroup {
  const { ingress, services, site, group, albConfig } = maker;
  const { target, problems } = resolveBackend({ ingress, backend, at, services, site, groupType: group.kind.serverGroupType });
  if (target === undefined) return { problems };
  const spec = buildServerGroup(target, group, { cluster: site.cluster, albConfig, vpcId: site.vpcId }, [ingress]);
  return { ref: { group: spec.identity }, spec, problems };
}

/** The group that an action of annotation `annotation` names. */
export function groupOfName(named: NamedGroup, annotation: string, maker: GroupMaker): MadeGroup {
  const at = `metadata.annotations[${annotation}]`;
  if (named.serverGroupId === undefined) {
    const made = groupOfBackend({ service: { name: named.service, port: { number: named.port } } }, at, maker);
    // A backend has fields that could be named; the annotation is one text.
    return { ...made, problems: made.problems.map((one) => ({ ...one, path: at })) };
  }
  const { serverGroupId } = named;
  if (maker.foreignGroups.includes('*') || maker.foreignGroups.includes(serverGroupId)) return { ref: { serverGroupId }, problems: [] };
  const facts = { group: serverGroupId, annotation, albconfig: maker.albConfig };
  return { problems: [problemOf('GROUP-FOREIGN', maker.ingress, facts, at)] };
}
