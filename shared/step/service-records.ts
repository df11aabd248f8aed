/** Records of Services as a run of the chain needs them: by key while they are few, in one list when they are many. */
import { keyText, type ServiceKey } from '#events/contract/messages.ts';
import type { StoredRecord } from './lease.ts';
import { emptyServiceLedger, type ServiceLedger } from './record.ts';
import type { Records } from './records.ts';
import type { Scene, ServiceRecords } from './scene.ts';

/** A list is one call, but of the records of every Service in the cluster. */
const few = 4;

export function serviceRecords(records: Pick<Records, 'read' | 'list'>): Scene['services'] {
  let all: Promise<ServiceRecords> | undefined;
  const single = new Map<string, Promise<StoredRecord<ServiceLedger> | undefined>>();
  const readOne = (key: ServiceKey): Promise<StoredRecord<ServiceLedger> | undefined> => {
    const text = keyText(key);
    const reading = single.get(text) ?? records.read(key, emptyServiceLedger);
    single.set(text, reading);
    return reading;
  };
  return async (keys) => {
    const asked = [...new Map((keys ?? []).map((key) => [keyText(key), key])).values()];
    if (all === undefined && (keys === undefined || asked.length > few)) all = records.list('Service', emptyServiceLedger);
    if (all !== undefined) return all;
    const found = await Promise.all(asked.map(readOne));
    return new Map(found.flatMap((one) => (one === undefined ? [] : [[keyText(one.key), one] as const])));
  };
}
