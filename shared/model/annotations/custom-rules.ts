/** Reads the three families of annotations that end in the name of a Service into one `CustomRule` a Service. */
import { problemOf, refOf } from '#shared/model/object-ref.ts';
import type { Ingress } from '#shared/model/wish.ts';
import type { Problem } from '#shared/problem.ts';
import { albPrefix, valueShown } from './annotation.ts';
import type { CustomRule } from './custom.ts';
import { customFamilies, type Family, families, familyNames, readDirection } from './custom-families.ts';
import { cut } from './fault.ts';

/** What the custom annotations of one Ingress say. */
export interface CustomRules {
  /** By Service name. A Service without any such annotation is not in it; what could not be read is missing, and among the problems. */
  readonly rules: ReadonlyMap<string, CustomRule>;
  readonly problems: readonly Problem[];
}

/** How many mistakes of one annotation are told at once: the message of an Event is short. */
const toldAtOnce = 3;

/** An object whose label says so holds single objects instead of lists. */
const knativeLabel = 'knative.aliyun.com/ingress';

/** Names of the Services that the paths and the default backend of an Ingress name. */
function backendsOf(ingress: Ingress): ReadonlySet<string> {
  const paths = (ingress.spec?.rules ?? []).flatMap((rule) => rule.http?.paths ?? []).map((path) => path.backend);
  const names = [...paths, ingress.spec?.defaultBackend].map((backend) => backend?.service?.name);
  return new Set(names.filter((name) => name !== undefined));
}

/** Where a value is read on behalf of: the Ingress and the annotation. */
interface Place {
  readonly ingress: Ingress;
  readonly key: string;
}

const problemAt = ({ ingress, key }: Place, code: Problem['code'], facts: Problem['facts']): Problem =>
  problemOf(code, refOf(ingress), { annotation: key, ...facts }, `metadata.annotations[${key}]`);

function invalid(place: Place, value: string, faults: readonly string[]): Problem {
  const more = faults.length > toldAtOnce ? [`and ${faults.length - toldAtOnce} more`] : [];
  const allowed = [...faults.slice(0, toldAtOnce), ...more].join('; ');
  return problemAt(place, 'ANNOTATION-INVALID', { value: cut(value, valueShown), allowed });
}

interface ServiceRule {
  readonly rule: CustomRule;
  readonly problems: readonly Problem[];
}

/** What the families say about one Service; the direction first, because it decides what the others may hold. */
function readService(ingress: Ingress, service: string): ServiceRule {
  const annotations = ingress.metadata.annotations ?? {};
  const textOf = (family: Family): string | undefined => annotations[`${albPrefix}${family}.${service}`]?.trim();
  const written = textOf('rule-direction');
  const direction = written === undefined ? 'Request' : readDirection(written).value;
  const context = { direction, knative: ingress.metadata.labels?.[knativeLabel] !== undefined };
  const parts = familyNames.flatMap((family) => {
    const text = textOf(family);
    return text === undefined ? [] : [{ family, text, read: families[family](text, context) }];
  });
  const problems = parts.flatMap(({ family, text, read }) =>
    read.faults === undefined ? [] : [invalid({ ingress, key: `${albPrefix}${family}.${service}` }, text, read.faults)],
  );
  let rule: CustomRule = {};
  for (const { read } of parts) rule = { ...rule, ...read.value };
  return { rule, problems };
}

/** The Service that a key of one of the families names. */
function serviceOf(key: string): string | undefined {
  const family = customFamilies.find((start) => key.startsWith(start));
  return family === undefined ? undefined : key.slice(family.length);
}

function readAll(ingress: Ingress): CustomRules {
  const backends = backendsOf(ingress);
  const named = Object.keys(ingress.metadata.annotations ?? {}).flatMap((key) => {
    const service = serviceOf(key);
    return service === undefined ? [] : [{ key, service }];
  });
  const services = [...new Set(named.map((one) => one.service))].filter((service) => backends.has(service)).sort();
  const read = services.map((service) => ({ service, ...readService(ingress, service) }));
  const astray = named
    .filter(({ service }) => !backends.has(service))
    .map(({ key, service }) =>
      problemAt({ ingress, key }, 'ANNOTATION-SUFFIX', { service, services: cut([...backends].join(', '), valueShown) }),
    );
  return {
    rules: new Map(read.map(({ service, rule }) => [service, rule])),
    problems: [...read.flatMap((one) => one.problems), ...astray],
  };
}

/** An Ingress is read twice in one building: for the Services that it names, and for its rules. */
const readings = new WeakMap<Ingress, CustomRules>();

/**
 * Every `actions.`, `conditions.` and `rule-direction.` annotation of an Ingress. What is wrong holds the Ingress (ANNOTATION-INVALID); a
 * name that is no backend of it is only told (ANNOTATION-SUFFIX).
 */
export function readCustomRules(ingress: Ingress): CustomRules {
  const known = readings.get(ingress);
  if (known !== undefined) return known;
  const rules = readAll(ingress);
  readings.set(ingress, rules);
  return rules;
}
