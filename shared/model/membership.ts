/** Which AlbConfig an Ingress belongs to, and which Services it names. Asked by the readers, by the forwarder and by the model alike. */
import { ingressControllers } from '#shared/ownership.ts';
import type { Ingress, IngressBackend, IngressClass } from './wish.ts';

/** Overrides the AlbConfig that the class names. */
const albConfigNameAnnotation = 'alb.ingress.kubernetes.io/albconfig.name';
const legacyClassAnnotation = 'kubernetes.io/ingress.class';
/** The legacy class that needs no IngressClass object, and the AlbConfig of the existing controllers that goes with it. */
const legacyClass = 'alb';
const legacyAlbConfig = 'default';

/** Name of the AlbConfig of an Ingress; `undefined` when the Ingress is not ours or its class names none. */
export function albConfigOf(ingress: Ingress, classes: readonly IngressClass[]): string | undefined {
  const legacy = ingress.metadata.annotations?.[legacyClassAnnotation];
  const name = ingress.spec?.ingressClassName ?? legacy;
  if (name === undefined) return undefined;
  const found = classes.find((one) => one.metadata.name === name && ingressControllers.includes(one.spec?.controller ?? ''));
  const isLegacy = ingress.spec?.ingressClassName === undefined && legacy === legacyClass;
  if (found === undefined && !isLegacy) return undefined;
  const named = ingress.metadata.annotations?.[albConfigNameAnnotation];
  if (named !== undefined && named !== '') return named;
  if (found?.spec?.parameters?.kind === 'AlbConfig') return found.spec.parameters.name;
  return found === undefined ? legacyAlbConfig : undefined;
}

const backendsOf = (ingress: Ingress): readonly (IngressBackend | undefined)[] => [
  ingress.spec?.defaultBackend,
  ...(ingress.spec?.rules ?? []).flatMap((rule) => (rule.http?.paths ?? []).map((path) => path.backend)),
];

/** The Services that an Ingress names, as `namespace/name`, each once. */
export function referencedServices(ingress: Ingress): readonly string[] {
  const namespace = ingress.metadata.namespace ?? '';
  const names = backendsOf(ingress).flatMap((backend) => (backend?.service === undefined ? [] : [backend.service.name]));
  return [...new Set(names)].map((name) => `${namespace}/${name}`);
}
