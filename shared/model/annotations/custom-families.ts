/** The three families of annotations that end in the name of a Service, and how the value of each is read. */
import type { RuleDirection } from '#shared/cloud/alb/port.ts';
import { isRecord } from '#shared/model/fold-fields.ts';
import { albPrefix } from './annotation.ts';
import { faultsOfActions } from './check-actions.ts';
import type { CustomRule } from './custom.ts';
import { actionKinds } from './custom-actions.ts';
import { conditionKinds } from './custom-conditions.ts';
import { type Kind, type Parsed, readElement } from './element-kind.ts';
import { described } from './fault.ts';
import { readJson } from './json-text.ts';

/** What is needed to read a value: the direction of the rule, where known, and whether the Ingress is from the Knative of old. */
interface Context {
  readonly direction: RuleDirection | undefined;
  readonly knative: boolean;
}

const directions: readonly RuleDirection[] = ['Request', 'Response'];

/** A direction, written exactly so. */
export function readDirection(text: string): Parsed<RuleDirection> {
  const value = directions.find((one) => one === text);
  if (value !== undefined) return { value };
  const near = directions.find((one) => one.toLowerCase() === text.toLowerCase());
  return { faults: [`${directions.join(', ')}${near === undefined ? '' : `; write it exactly so: ${near}`}`] };
}

function readList(text: string, knative: boolean): Parsed<readonly unknown[]> {
  const { value, fault } = readJson(text);
  if (fault !== undefined) return { faults: [`JSON; ${fault}`] };
  if (Array.isArray(value)) return { value };
  if (isRecord(value)) return knative ? { value: [value] } : { faults: ['a JSON list; found a single object; put [ ] around it'] };
  return { faults: [`a JSON list of objects; found ${described(value)}`] };
}

function misplaced(kind: Kind<unknown>, at: string, direction: RuleDirection | undefined): readonly string[] {
  if (direction === undefined || kind.directions.includes(direction)) return [];
  const wanted = kind.directions.join(' or ');
  return [`at ${at}: ${kind.type} is for rules of direction ${wanted}; this one is for ${direction} (annotation rule-direction.<service>)`];
}

function readElements<T>(kinds: readonly Kind<T>[], text: string, { direction, knative }: Context): Parsed<readonly T[]> {
  const list = readList(text, knative);
  if (list.faults !== undefined) return list;
  const read = list.value.map((element, index) => ({ at: `[${index}]`, ...readElement(kinds, element, `[${index}]`) }));
  const faults = read.flatMap((one) => one.faults ?? misplaced(one.value.kind, one.at, direction));
  return faults.length > 0 ? { faults } : { value: read.flatMap((one) => (one.value === undefined ? [] : [one.value.value])) };
}

function readActions(text: string, context: Context): Parsed<NonNullable<CustomRule['actions']>> {
  const read = readElements(actionKinds, text, context);
  const faults = read.faults ?? faultsOfActions(read.value, context.direction);
  return faults.length > 0 ? { faults } : read;
}

/** In the order in which a rule is read. */
export const familyNames = ['actions', 'conditions', 'rule-direction'] as const;
/** The part of a key before the dot. */
export type Family = (typeof familyNames)[number];

const mapped = <T, U>(read: Parsed<T>, change: (value: T) => U): Parsed<U> =>
  read.faults === undefined ? { value: change(read.value) } : read;

/** What each family contributes to a rule. */
export const families: Readonly<Record<Family, (text: string, context: Context) => Parsed<CustomRule>>> = {
  actions: (text, context) => mapped(readActions(text, context), (actions) => ({ actions })),
  conditions: (text, context) => mapped(readElements(conditionKinds, text, context), (conditions) => ({ conditions })),
  'rule-direction': (text) => mapped(readDirection(text), (direction) => ({ direction })),
};

/** Beginnings of the keys of the three families, up to the name of the Service. */
export const customFamilies: readonly string[] = familyNames.map((family) => `${albPrefix}${family}.`);
