/** The AlbConfig that is made when an Ingress names one that does not exist: from its legacy annotations, as the existing controllers do. */
import type { Problem } from '#shared/problem.ts';
import { type Annotation, readAnnotation } from './annotations/annotation.ts';
import { type ListenPort, order } from './annotations/binding.ts';
import { type AccessLog, legacy } from './annotations/legacy.ts';
import { listenersWanted } from './ingress-listeners.ts';
import { byRef, byText, refOf } from './object-ref.ts';
import type { Ingress, RawAlbConfig } from './wish.ts';

/** On an AlbConfig that was made so: the Ingress it was made from. Nobody's decision depends on it. */
const generatedForAnnotation = 'albeit.io/generated-for';

export type GeneratedAlbConfig =
  | { readonly albConfig: RawAlbConfig; readonly problems?: never }
  | { readonly problems: readonly Problem[]; readonly albConfig?: never };

type Values = { readonly [K in keyof typeof legacy]: (typeof legacy)[K] extends Annotation<infer T> ? T : never };

const given = (name: string, value: unknown): Readonly<Record<string, unknown>> =>
  value === '' || value === undefined || value === false ? {} : { [name]: value };

const accessLogOf = (log: AccessLog | undefined): unknown =>
  log === undefined ? undefined : { logProject: log.project, logStore: log.logstore };

const configOf = (values: Values): Readonly<Record<string, unknown>> => ({
  ...given('id', values.id),
  ...given('forceOverride', values.forceOverride),
  ...given('name', values.name),
  addressType: values.addressType,
  ...given('addressAllocatedMode', values.addressAllocatedMode),
  billingConfig: { payType: values.payType },
  edition: values.edition,
  ...given('zoneMappings', values.vSwitchIds.length === 0 ? undefined : values.vSwitchIds.map((vSwitchId) => ({ vSwitchId }))),
  ...given('accessLogConfig', accessLogOf(values.accessLog)),
});

const inOrder = (a: Ingress, b: Ingress): number =>
  (readAnnotation(order, a).value ?? order.default) - (readAnnotation(order, b).value ?? order.default) || byRef(refOf(a), refOf(b));

const byPort = (a: ListenPort, b: ListenPort): number => a.port - b.port || byText(a.protocol, b.protocol);

/** Every listener that one of the Ingresses wants; an Ingress whose annotation is invalid is held later and asks for none. */
function listenersOf(ingresses: readonly Ingress[]): readonly ListenPort[] {
  const wanted = ingresses.flatMap((one) => listenersWanted(one).value ?? []);
  return [...new Map(wanted.map((one) => [`${one.protocol}:${one.port}`, one])).values()].sort(byPort);
}

/**
 * The AlbConfig to create for Ingresses that name it and are not being deleted. The first of them, by `order` and name, says what instance
 * it is; all of them say which listeners it has. Problems: an annotation of the first one is invalid, and nothing can be created.
 */
export function generatedAlbConfig(name: string, ingresses: readonly Ingress[]): GeneratedAlbConfig | undefined {
  const members = ingresses.filter((one) => one.metadata.deletionTimestamp === undefined).sort(inOrder);
  const first = members[0];
  if (first === undefined) return undefined;
  const readings = Object.entries(legacy).map(([field, row]) => [field, readAnnotation<unknown>(row, first)] as const);
  const problems = readings.flatMap(([, reading]) => (reading.problem === undefined ? [] : [reading.problem]));
  if (problems.length > 0) return { problems };
  // The rows' own formats made these values, under the rows' own names.
  const values = Object.fromEntries(readings.map(([field, reading]) => [field, reading.value])) as Values;
  return {
    albConfig: {
      apiVersion: 'alibabacloud.com/v1',
      kind: 'AlbConfig',
      metadata: { name, annotations: { [generatedForAnnotation]: `${first.metadata.namespace ?? ''}/${first.metadata.name}` } },
      spec: { config: configOf(values), listeners: listenersOf(members) },
    },
  };
}
