/**
 * On a resync: Services whose members changed while nobody listened. One list of all slices, one of all Service records, one of nodes if a
 * group is of their kind; no cloud call.
 */
import { keyText, membersRequest, type ServiceKey } from '#events/contract/messages.ts';
import { AlbeitError } from '#shared/errors.ts';
import { mergeSlices, serviceNameLabel } from '#shared/kube/endpoint-reader.ts';
import { readNodes } from '#shared/kube/node-reader.ts';
import { boundIdOf } from '#shared/model/bound-id.ts';
import { type MembersRule, needsNodes } from '#shared/model/members-source.ts';
import type { NodeFacts } from '#shared/model/nodes.ts';
import { digestOf, type MembersWish } from '#shared/model/wanted-servers.ts';
import type { EndpointSlice, Service } from '#shared/model/wish.ts';
import { isOverdue } from '#shared/step/gate-ledger.ts';
import type { StoredRecord } from '#shared/step/lease.ts';
import { emptyServiceLedger, type ServiceLedger } from '#shared/step/record.ts';
import type { Send, Workshop } from '#shared/step/workshop.ts';

/** `services`: all of the cluster, as just listed. */
export async function changedMembers(services: readonly Service[], at: Workshop): Promise<readonly Send[]> {
  const records = await at.records.list('Service', emptyServiceLedger);
  const bound = changedBindings(services, records, at.site.cluster);
  if (records.size === 0) return [...bound.values()];
  const slices = await at.kube.list<EndpointSlice>('EndpointSlice');
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices.items) {
    const service = `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`;
    byService.set(service, [...(byService.get(service) ?? []), slice]);
  }
  const ofNodes = [...records.values()].some((record) => Object.values(rulesOf(record)).some(needsNodes));
  const nodes = ofNodes ? await readableNodes(at) : [];
  const behind = [...records.values()].flatMap((record): readonly Send[] => {
    const { key } = record;
    if (key.kind !== 'Service' || bound.has(keyText(key))) return [];
    const endpoints = mergeSlices(byService.get(`${key.namespace}/${key.name}`) ?? []);
    const now = at.kube.now();
    // Where nodes cannot be compared, the lane tells whose Service it is what is missing.
    const isUnknown = nodes === undefined && Object.values(rulesOf(record)).some(needsNodes);
    const isLate = isForsaken(record, now) || isOverdue(record.ledger.gates, now);
    const wanted = isUnknown || isLate || isBehind(record, { endpoints, nodes: nodes ?? [] });
    return wanted ? [{ message: membersRequest(key), delaySeconds: 0 }] : [];
  });
  return [...bound.values(), ...behind];
}

/** `undefined`: the cluster does not grant nodes, which keeps no Service waiting that does without. */
const readableNodes = (at: Workshop): Promise<readonly NodeFacts[] | undefined> =>
  readNodes(at.kube).catch((error: unknown) => {
    if (error instanceof AlbeitError && error.code === 'KUBE-REFUSED') return undefined;
    throw error;
  });

/** Services whose annotation names another group than their record, or whose record names one that they do not, by key. */
function changedBindings(services: readonly Service[], records: Records, cluster: string): ReadonlyMap<string, Send> {
  const wanted = new Map(
    services.flatMap((service) => {
      const { namespace = '', name } = service.metadata;
      const id = boundIdOf(service);
      return id === undefined ? [] : [[keyText({ kind: 'Service', cluster, namespace, name }), id] as const];
    }),
  );
  const keys = new Map<string, ServiceKey>();
  for (const service of services) {
    const key = { kind: 'Service', cluster, namespace: service.metadata.namespace ?? '', name: service.metadata.name } as const;
    const id = wanted.get(keyText(key));
    const known = records.get(keyText(key))?.ledger.bound ?? {};
    if (id !== undefined && (known[id] === undefined || known[id].leaving === true)) keys.set(keyText(key), key);
  }
  for (const { key, ledger } of records.values()) {
    const surplus = Object.keys(ledger.bound ?? {}).some((id) => wanted.get(keyText(key)) !== id);
    if (key.kind === 'Service' && surplus) keys.set(keyText(key), key);
  }
  return new Map([...keys].map(([text, key]) => [text, { message: membersRequest(key, { whole: true }), delaySeconds: 0 }]));
}

type Records = ReadonlyMap<string, StoredRecord<ServiceLedger>>;

/** Of every group that a record is for. */
const rulesOf = ({ ledger, groups }: StoredRecord<ServiceLedger>): Readonly<Record<string, MembersRule>> => ({
  ...Object.fromEntries(Object.entries(ledger.bound ?? {}).map(([id, { rule }]) => [id, rule])),
  ...groups,
});

/** A message that is later than this (ms) was never sent, or is lost. */
const overdueMs = 60_000;

/** Who held it died and nobody took over, so that nobody knows what he wrote; or what it leaves out was to be looked at again, and was not. */
function isForsaken({ claimedUntil, ledger: { told, comesBack } }: StoredRecord<ServiceLedger>, now: number): boolean {
  const isOverdueLook = told !== undefined && comesBack?.told === told && comesBack.at + overdueMs < now;
  return (claimedUntil > 0 && claimedUntil < now) || isOverdueLook;
}

function isBehind(record: StoredRecord<ServiceLedger>, wish: MembersWish): boolean {
  const known = Object.entries(rulesOf(record));
  // Without groups there is nothing to record.
  return known.length === 0 || known.some(([id, rule]) => record.ledger.members[id]?.digest !== digestOf(rule, wish));
}
