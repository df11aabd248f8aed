/** A workshop over an API server in memory and a cloud that refuses every call: for steps and dispatch without their nouns. */
import type { Alb } from '#shared/cloud/alb/port.ts';
import { createRecords } from '#shared/step/records.ts';
import type { Cloud } from '#shared/step/scene.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import type { FakeKube } from './fake-kube.ts';
import { aSite } from './objects.ts';

/** Whoever calls the cloud here does what the test says must not be done. */
const untouchable = <T extends object>(): T =>
  new Proxy({} as T, { get: (_target, name) => () => Promise.reject(new Error(`unexpected call: ${String(name)}`)) }); // every member refuses

export const aWorkshop = (kube: FakeKube, holder = 'test/1', alb: Partial<Alb> = {}): Workshop => {
  const cloud: Cloud = { alb: { ...untouchable<Alb>(), ...alb }, ecs: untouchable(), vpc: untouchable() };
  return {
    site: aSite,
    kube,
    records: createRecords(kube),
    cloud,
    holder,
    claimSeconds: 60,
    callMs: 5000,
    pause: () => Promise.resolve(),
    hasTime: () => true,
    random: () => 0.5,
    log: { info: () => undefined, warn: () => undefined },
  };
};
