/** What the canary annotations of an Ingress ask for. */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import type { Problem } from '#shared/problem.ts';
import { alone, keyOn, readAnnotation } from './annotations/annotation.ts';
import { canary } from './annotations/canary.ts';
import { problemOf, refOf } from './object-ref.ts';
import type { Ingress } from './wish.ts';

export interface CanaryWish {
  /** Conditions by which it has rules of its own; empty: it has none. */
  readonly conditions: readonly RuleCondition[];
  /** Percent of the stable rule's requests, 1 to 100; absent: none. */
  readonly weight?: number;
  /** A weight is written, even one that is 0 or wrong: it may have had a share of a stable rule. */
  readonly weighted: boolean;
}

export interface CanaryReading {
  /** Absent: a stable Ingress. */
  readonly wish?: CanaryWish;
  readonly problems: readonly Problem[];
}

/** The existing controllers know this one value; another one, or none, falls to the next rule. */
const cookieValue = 'always';

interface Values {
  readonly header: string;
  readonly value: string;
  readonly cookie: string;
  readonly weight: number | undefined;
}

const conditionsOf = ({ header, value, cookie }: Values): readonly RuleCondition[] => [
  ...(header === '' ? [] : [{ type: 'Header', headerConfig: { key: header, values: [value] } } as const]),
  ...(cookie === '' ? [] : [{ type: 'Cookie', cookieConfig: { values: [{ key: cookie, value: cookieValue }] } } as const]),
];

function contradictions(ingress: Ingress, { header, value, cookie, weight }: Values): readonly Problem[] {
  const [byHeader, byValue, byWeight] = [canary.byHeader, canary.byHeaderValue, canary.weight].map(
    (row) => keyOn(row, ingress) ?? row.keys[1] ?? '',
  );
  const empty = { annotation: byHeader ?? '', value: header, allowed: `a header together with the value it must have, in ${byValue}` };
  const both = {
    first: byWeight ?? '',
    second: keyOn(header === '' ? canary.byCookie : canary.byHeader, ingress) ?? '',
    detail: 'a weight shares the rule of the stable Ingress, a header or cookie makes a rule of its own; use two canary Ingresses',
  };
  return [
    ...(header !== '' && value === ''
      ? [problemOf('ANNOTATION-INVALID', refOf(ingress), empty, `metadata.annotations[${empty.annotation}]`)]
      : []),
    ...(weight !== undefined && (header !== '' || cookie !== '') ? [problemOf('ANNOTATION-CONFLICT', refOf(ingress), both)] : []),
  ];
}

/** Whether an Ingress is a canary, and of what kind. With problems that hold it, the wish says only that it is one. */
export function readCanary(ingress: Ingress): CanaryReading {
  const marked = readAnnotation(canary.canary, ingress);
  const rows = [canary.byHeader, canary.byHeaderValue, canary.byCookie, canary.weight] as const;
  if (marked.value === false) return { problems: rows.flatMap((row) => alone(row, ingress, `${canary.canary.keys[1]}: true`)) };
  const [header, value, cookie, weight] = [
    readAnnotation(canary.byHeader, ingress),
    readAnnotation(canary.byHeaderValue, ingress),
    readAnnotation(canary.byCookie, ingress),
    readAnnotation(canary.weight, ingress),
  ];
  const weighted = keyOn(canary.weight, ingress) !== undefined;
  const invalid = [marked, header, value, cookie, weight].flatMap((one) => one.problem ?? []);
  if (invalid.length > 0) return { wish: { conditions: [], weighted }, problems: invalid };
  const values: Values = { header: header.value ?? '', value: value.value ?? '', cookie: cookie.value ?? '', weight: weight.value };
  const problems = [
    ...contradictions(ingress, values),
    ...(values.header === '' ? alone(canary.byHeaderValue, ingress, canary.byHeader.keys[1] ?? '') : []),
  ];
  const conditions = conditionsOf(values);
  const asks = conditions.length > 0 || weighted;
  return {
    wish: { conditions, weighted, ...(values.weight === undefined || values.weight === 0 ? {} : { weight: values.weight }) },
    problems: asks
      ? problems
      : [...problems, problemOf('CANARY-EMPTY', refOf(ingress), {}, `metadata.annotations[${keyOn(canary.canary, ingress)}]`)],
  };
}
