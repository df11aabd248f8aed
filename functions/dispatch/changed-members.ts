/** On a resync: Services whose endpoints changed while nobody listened. One list of all slices, one of all Service records, no cloud call. */
import { membersRequest } from '#events/contract/messages.ts';
import { mergeSlices, serviceNameLabel } from '#shared/kube/endpoint-reader.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import type { StoredRecord } from '#shared/step/lease.ts';
import { digestOf, wantedAddresses } from '#shared/step/member-digest.ts';
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
  return [...records.values()].flatMap((record): readonly Send[] => {
    const { key } = record;
    if (key.kind !== 'Service' || !isBehind(record, byService.get(`${key.namespace}/${key.name}`) ?? [])) return [];
    return [{ message: membersRequest(key), delaySeconds: 0 }];
  });
}

function isBehind(record: StoredRecord<ServiceLedger>, slices: readonly EndpointSlice[]): boolean {
  const endpoints = mergeSlices(slices);
  const groups = Object.entries(record.groups);
  const differs = groups.some(([id, { portName }]) => record.ledger.members[id]?.digest !== digestOf(wantedAddresses(endpoints, portName)));
  return groups.length === 0 || differs;
}
