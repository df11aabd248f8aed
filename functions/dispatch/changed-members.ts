/**
 * On a resync: Services whose members changed while nobody listened. One list of all slices, one of all Service records, one of nodes if a
 * group is of their kind; no cloud call.
 */
import { membersRequest } from '#events/contract/messages.ts';
import { mergeSlices, serviceNameLabel } from '#shared/kube/endpoint-reader.ts';
import { needsNodes } from '#shared/model/members-source.ts';
import { type Node, nodeFactsOf } from '#shared/model/nodes.ts';
import { digestOf, type MembersWish } from '#shared/model/wanted-servers.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { isOverdue } from '#shared/step/gate-ledger.ts';
import type { StoredRecord } from '#shared/step/lease.ts';
import { emptyServiceLedger, type ServiceLedger } from '#shared/step/record.ts';
import type { Send, Workshop } from '#shared/step/workshop.ts';

export async function changedMembers(at: Workshop): Promise<readonly Send[]> {
  const records = await at.records.list('Service', emptyServiceLedger);
  if (records.size === 0) return [];
  const slices = await at.kube.list<EndpointSlice>('EndpointSlice');
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices.items) {
    const service = `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`;
    byService.set(service, [...(byService.get(service) ?? []), slice]);
  }
  const ofNodes = [...records.values()].some(({ groups }) => Object.values(groups).some(needsNodes));
  const nodes = ofNodes ? (await at.kube.list<Node>('Node')).items.map(nodeFactsOf) : [];
  return [...records.values()].flatMap((record): readonly Send[] => {
    const { key } = record;
    if (key.kind !== 'Service') return [];
    const endpoints = mergeSlices(byService.get(`${key.namespace}/${key.name}`) ?? []);
    const wanted = isBehind(record, { endpoints, nodes }) || isOverdue(record.ledger.gates, at.kube.now());
    return wanted ? [{ message: membersRequest(key), delaySeconds: 0 }] : [];
  });
}

function isBehind({ ledger, groups }: StoredRecord<ServiceLedger>, wish: MembersWish): boolean {
  const known = Object.entries(groups);
  // Without groups there is nothing to record.
  return known.length === 0 || known.some(([id, rule]) => ledger.members[id]?.digest !== digestOf(rule, wish));
}
