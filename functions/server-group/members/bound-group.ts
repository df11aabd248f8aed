/**
 * A Service that is bound by annotation to a server group made elsewhere, with or without an Ingress: the group gets its endpoints and the
 * tags that say so. It is never deleted, and of its servers only those that carry our mark are ever taken out.
 */
import type { ServerGroup, Tags } from '#shared/cloud/alb/port.ts';
import type { ErrorCode } from '#shared/errors.ts';
import { boundIdOf } from '#shared/model/bound-id.ts';
import { membersRule, readMode } from '#shared/model/members-rule.ts';
import type { Service } from '#shared/model/wish.ts';
import { tagKeys, tagValue } from '#shared/ownership.ts';
import type { Problem } from '#shared/problem.ts';
import { doublingSeconds } from '#shared/step/backoff.ts';
import { done } from '#shared/step/outcome.ts';
import type { BoundGroup } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { type BindingReport, guardedAlb, type Lane, refOf, remember } from './lane.ts';

const fine: BindingReport = { outcome: done(false), problems: [] };

interface Fault {
  readonly code: ErrorCode;
  readonly facts: Problem['facts'];
}

/** What is wrong in the Service itself: when it is corrected, somebody says so. */
const inService = (lane: Lane, faults: readonly Fault[]): BindingReport => ({
  outcome: done(false),
  problems: faults.map(({ code, facts }): Problem => ({ code, object: refOf(lane), facts })),
});

/** What is wrong with the group: nobody says when it has come right, so that it is looked at again. */
function inGroup(lane: Lane, fault: Fault): BindingReport {
  const { problems } = inService(lane, [fault]);
  const afterSeconds = doublingSeconds(lane.message.attempt);
  return { outcome: { kind: 'park', because: 'the group cannot be bound', problems, afterSeconds }, problems };
}

const tagsOf = (lane: Lane): Tags => {
  const { cluster, namespace, name } = lane.message.key;
  return { [tagKeys.cluster]: cluster, [tagKeys.serviceNamespace]: tagValue(namespace), [tagKeys.serviceName]: tagValue(name) };
};

/** Whose a group is that is not ours to bind; `undefined`: anybody's. */
function ownerOf(group: ServerGroup, lane: Lane): string | undefined {
  const { tags } = group;
  const ours = tagsOf(lane);
  if (tags[tagKeys.cluster] !== undefined && tags[tagKeys.cluster] !== ours[tagKeys.cluster]) return `cluster ${tags[tagKeys.cluster]}`;
  if (tags[tagKeys.albConfig] !== undefined) return `AlbConfig ${tags[tagKeys.albConfig]}`;
  const others = [tagKeys.serviceNamespace, tagKeys.serviceName].some((key) => tags[key] !== undefined && tags[key] !== ours[key]);
  return others ? `Service ${tags[tagKeys.serviceNamespace] ?? ''}/${tags[tagKeys.serviceName] ?? ''}` : undefined;
}

const setBound = (lane: Lane, group: string, bound: BoundGroup | undefined): void => {
  const { [group]: _former, ...others } = lane.ledger.bound ?? {};
  const { bound: _all, ...ledger } = lane.ledger;
  const all = bound === undefined ? others : { ...others, [group]: bound };
  lane.ledger = Object.keys(all).length === 0 ? ledger : { ...ledger, bound: all };
};

/** The group of a new binding, fit to be bound; or what is wrong with it. */
async function findGroup(lane: Lane, id: string, at: Workshop): Promise<ServerGroup | BindingReport> {
  const [group] = await at.cloud.alb.getServerGroups([id]);
  if (group === undefined) return inGroup(lane, { code: 'BOUND-GROUP-MISSING', facts: { group: id } });
  const owner = ownerOf(group, lane);
  return owner === undefined ? group : inGroup(lane, { code: 'BOUND-GROUP-TAKEN', facts: { group: id, owner } });
}

async function bind(lane: Lane, id: string, service: Service, at: Workshop): Promise<BindingReport> {
  const known = lane.ledger.bound?.[id];
  const [port, ...more] = service.spec?.ports ?? [];
  if (port === undefined || more.length > 0) {
    return inService(lane, [{ code: 'BOUND-PORTS', facts: { group: id, ports: String(service.spec?.ports?.length ?? 0) } }]);
  }
  const fresh = known === undefined || known.leaving === true;
  const found = fresh ? await findGroup(lane, id, at) : undefined;
  if (found !== undefined && 'outcome' in found) return found;
  const groupType = found?.fixed.serverGroupType ?? known?.groupType ?? 'Instance';
  const { podAddresses } = at.site;
  const reading = readMode(service, { groupType, ...(podAddresses === undefined ? {} : { podAddresses }) });
  if (reading.mode === undefined) return inService(lane, reading.faults);
  const { rule, faults } = membersRule(service, port, reading.mode);
  if (rule === undefined) return inService(lane, faults);
  setBound(lane, id, { groupType, rule });
  if (fresh) {
    // Before the first write: whoever takes over after a death must know what to take back.
    await lane.claim.save(lane.ledger);
    const alb = guardedAlb(lane, at);
    await alb.tagResources('servergroup', [id], tagsOf(lane));
  }
  return inService(lane, faults);
}

/** Compares the annotation with what is bound. Only asked when the Service itself changed: endpoints say nothing of it. */
export async function readBinding(lane: Lane, at: Workshop): Promise<BindingReport> {
  const { namespace, name } = lane.message.key;
  const service = await at.kube.get<Service>({ kind: 'Service', namespace, name });
  const id = boundIdOf(service);
  const answer = id === undefined || service === undefined ? fine : await bind(lane, id, service, at);
  for (const [group, bound] of Object.entries(lane.ledger.bound ?? {}))
    if (group !== id) setBound(lane, group, { ...bound, leaving: true });
  return answer;
}

/** Our servers are out of it: so are our tags, and it is as it was. */
export async function letGo(lane: Lane, group: string, at: Workshop): Promise<void> {
  const [found] = await at.cloud.alb.getServerGroups([group]);
  const keys = Object.entries(tagsOf(lane)).flatMap(([key, value]) => (found?.tags[key] === value ? [key] : []));
  const alb = guardedAlb(lane, at);
  if (keys.length === Object.keys(tagsOf(lane)).length) await alb.untagResources('servergroup', [group], keys);
  setBound(lane, group, undefined);
  remember(lane, group, undefined);
}
