/** Reads the three families of annotations that end in the name of a Service into one `CustomRule` a Service. */
import type { RuleDirection } from '#shared/cloud/alb/port.ts';
import { problemOf, refOf } from '#shared/model/object-ref.ts';
import type { Ingress } from '#shared/model/wish.ts';
import type { Problem } from '#shared/problem.ts';
import { albPrefix } from './annotation.ts';
import type { CustomRule } from './custom.ts';

export interface CustomRules {
  /** By Service name. A Service without any such annotation is not in it, nor is one whose annotations could not be read. */
  readonly rules: ReadonlyMap<string, CustomRule>;
  readonly problems: readonly Problem[];
}

/** Names of the Services that the paths and the default backend of an Ingress name. */
const backendsOf = (ingress: Ingress): ReadonlySet<string> => {
  const paths = (ingress.spec?.rules ?? []).flatMap((rule) => rule.http?.paths ?? []).map((path) => path.backend);
  const names = [...paths, ingress.spec?.defaultBackend].map((backend) => backend?.service?.name);
  return new Set(names.filter((name) => name !== undefined));
};

const directions: readonly RuleDirection[] = ['Request', 'Response'];

/** Every `actions.`, `conditions.` and `rule-direction.` annotation of an Ingress. */
export function readCustomRules(ingress: Ingress): CustomRules {
  const backends = backendsOf(ingress);
  const rules = new Map<string, CustomRule>();
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(ingress.metadata.annotations ?? {})) {
    const [, family, service] = /^alb\.ingress\.kubernetes\.io\/(actions|conditions|rule-direction)\.(.*)$/s.exec(key) ?? [];
    if (family === undefined || service === undefined) continue;
    const at = `metadata.annotations[${key}]`;
    if (!backends.has(service)) {
      const facts = { annotation: key, service, services: [...backends].join(', ') };
      problems.push(problemOf('ANNOTATION-SUFFIX', refOf(ingress), facts, at));
      continue;
    }
    const direction = directions.find((one) => one === value.trim());
    if (family === 'rule-direction' && direction !== undefined) rules.set(service, { ...rules.get(service), direction });
    else problems.push(problemOf('ANNOTATION-UNSUPPORTED', refOf(ingress), { annotation: `${albPrefix}${family}.${service}` }, at));
  }
  return { rules, problems };
}
