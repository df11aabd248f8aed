/**
 * Which Ingress belongs to which AlbConfig: Ingress -> class -> AlbConfig. Used by the forwarder's relevance filter, by the readers of the
 * wish and by `dispatch`, so that all of them agree.
 */
import { ingressControllers } from '#shared/ownership.ts';
import type { Problem } from '#shared/problem.ts';
import { albPrefix, readAnnotation } from './annotations/annotation.ts';
import { albConfigName, legacyClass } from './annotations/binding.ts';
import { readCustomRules } from './annotations/custom-rules.ts';
import { isPlaceholder } from './build-backend.ts';
import { problemOf, refOf } from './object-ref.ts';
import type { Ingress, IngressBackend, IngressClass } from './wish.ts';

/** The AlbConfig that an Ingress belongs to, or why that cannot be said; `undefined` (from the functions here): not an Ingress of ours. */
export type Membership =
  | { readonly albConfig: string; readonly problem?: never }
  | { readonly problem: Problem; readonly albConfig?: never };

/** The class that needs no IngressClass object when it is named by the legacy annotation, and the AlbConfig it then stands for. */
const classWithoutObject = 'alb';
const albConfigWithoutClass = 'default';

const isOurs = (one: IngressClass): boolean => ingressControllers.includes(one.spec?.controller ?? '');

/** `undefined`: not ours; a name without object: the legacy class `alb`. */
function classOf(
  ingress: Ingress,
  classes: readonly IngressClass[],
): { readonly name: string; readonly object?: IngressClass } | undefined {
  const written = ingress.spec?.ingressClassName;
  const name = written ?? readAnnotation(legacyClass, ingress).value ?? '';
  const object = classes.find((one) => one.metadata.name === name);
  if (object !== undefined) return isOurs(object) ? { name, object } : undefined;
  return written === undefined && name === classWithoutObject ? { name } : undefined;
}

function namedByClass(ingress: Ingress, name: string, object: IngressClass | undefined): Membership {
  if (object === undefined) return { albConfig: albConfigWithoutClass };
  const parameters = object.spec?.parameters;
  const valid = parameters?.kind === 'AlbConfig' && (parameters.apiGroup ?? 'alibabacloud.com') === 'alibabacloud.com';
  if (valid) return { albConfig: parameters.name };
  return { problem: problemOf('CLASS-PARAMETERS', refOf(ingress), { class: name }, 'spec.ingressClassName') };
}

/** The AlbConfig of an Ingress, whether or not the Ingress is being deleted. `undefined`: it is none of ours. */
export function albConfigOf(ingress: Ingress, classes: readonly IngressClass[]): Membership | undefined {
  const found = classOf(ingress, classes);
  if (found === undefined) return undefined;
  const override = readAnnotation(albConfigName, ingress);
  if (override.problem !== undefined) return { problem: override.problem };
  return override.value === '' ? namedByClass(ingress, found.name, found.object) : { albConfig: override.value };
}

/** The name alone; `undefined` for Ingresses that are not ours and for those with a problem. */
export const albConfigNameOf = (ingress: Ingress, classes: readonly IngressClass[]): string | undefined =>
  albConfigOf(ingress, classes)?.albConfig;

const backendsOf = (ingress: Ingress): readonly IngressBackend[] =>
  [
    ingress.spec?.defaultBackend,
    ...(ingress.spec?.rules ?? []).flatMap((rule) => (rule.http?.paths ?? []).map((path) => path.backend)),
  ].flatMap((backend) => backend ?? []);

const actionsPrefix = `${albPrefix}actions.`;

/** Services that `actions.<service>` forwards or mirrors to. Nothing is parsed where there is no such annotation: this is asked of every Ingress event. */
function namedByActions(ingress: Ingress): readonly string[] {
  if (!Object.keys(ingress.metadata.annotations ?? {}).some((key) => key.startsWith(actionsPrefix))) return [];
  const actions = [...readCustomRules(ingress).rules.values()].flatMap((rule) => rule.actions ?? []);
  return actions.flatMap((action) =>
    action.type === 'ForwardGroup' || action.type === 'TrafficMirror' ? action.groups.flatMap(({ service }) => service ?? []) : [],
  );
}

/** The Services that an Ingress names, as `namespace/name`, each once. A placeholder (`use-annotation`) names none. */
export const referencedServices = (ingress: Ingress): readonly string[] => {
  const backends = backendsOf(ingress).filter((backend) => !isPlaceholder(backend));
  const names = [...backends.flatMap((backend) => backend.service?.name ?? []), ...namedByActions(ingress)];
  return [...new Set(names)].map((name) => `${ingress.metadata.namespace ?? 'default'}/${name}`);
};
