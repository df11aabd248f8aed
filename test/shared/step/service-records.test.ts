import { describe, expect, it } from 'vitest';
import { keyText, type ServiceKey } from '#events/contract/messages.ts';
import { createRecords } from '#shared/step/records.ts';
import { serviceRecords } from '#shared/step/service-records.ts';
import { createFakeKube } from '#test/support/fake-kube.ts';

const keyOf = (index: number): ServiceKey => ({ kind: 'Service', cluster: 'c-test', namespace: 'shop', name: `service-${index}` });
const keys = (count: number): readonly ServiceKey[] => Array.from({ length: count }, (_, index) => keyOf(index));

/** Ten Services, of which the even ones have a record. */
async function tenServices() {
  const kube = createFakeKube();
  const records = createRecords(kube);
  const group = { albConfig: 'cafe', portName: 'http', mode: 'eni' } as const;
  for (const key of keys(10).filter((_, index) => index % 2 === 0)) await records.setGroups(key, 'cafe', { [`sgp-${key.name}`]: group });
  const before = kube.calls.length;
  return { services: serviceRecords(records), calls: () => kube.calls.slice(before).map((one) => one.verb) };
}

describe('the records of Services', () => {
  it('are read one by one while they are few, each once', async () => {
    const { services, calls } = await tenServices();
    const found = await services([...keys(3), ...keys(3)]);
    expect([...found.keys()]).toEqual([keyOf(0), keyOf(2)].map(keyText));
    await services(keys(4));
    expect(calls()).toEqual(['get', 'get', 'get', 'get']);
  });

  it('are listed once when they are many, or all are wanted', async () => {
    const { services, calls } = await tenServices();
    expect((await services(keys(5))).get(keyText(keyOf(4)))?.groups).toHaveProperty('sgp-service-4');
    await services();
    await services(keys(1));
    expect(calls()).toEqual(['list']);
  });

  it('cost nothing when none is wanted', async () => {
    const { services, calls } = await tenServices();
    expect(await services([])).toEqual(new Map());
    expect(calls()).toEqual([]);
  });
});
