/** Members of the JSON objects that annotations hold: each schema with what a person is told about it, for refusals and for the documentation. */
import * as z from 'zod/mini';
import { shapeOf } from '#shared/model/fold-fields.ts';

/** What a person is told about a member. */
export interface MemberFacts {
  /** What may stand there. */
  readonly allowed: string;
  /** What holds when it is absent. */
  readonly standard?: string;
}

const memberFacts = z.registry<MemberFacts>();

/** A schema with its facts. */
export function member<S extends z.ZodMiniType>(schema: S, allowed: string, standard?: string): S {
  memberFacts.add(schema, { allowed, ...(standard === undefined ? {} : { standard }) });
  return schema;
}

/** Text of a form that `allowed` describes. */
export const text = (pattern: RegExp, allowed: string) => member(z.string().check(z.regex(pattern)), allowed);

/** A JSON number without fraction, both bounds included. */
export const whole = (min: number, max: number) =>
  member(z.int().check(z.minimum(min), z.maximum(max)), `a whole number from ${min} to ${max}, without quotes`);

/** One of a few words, written exactly so. */
export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) => member(z.enum(values), values.join(', '));

/** A JSON list; what its elements may be stands with them. */
export const some = <S extends z.ZodMiniType>(element: S, most: number) =>
  member(z.array(element).check(z.minLength(1), z.maxLength(most)), `a list of 1 to ${most} elements`);

/** A member that may be absent, and what holds then. */
export const maybe = <S extends z.ZodMiniType>(schema: S, standard?: string) => {
  const { allowed } = memberFacts.get(schema) ?? { allowed: 'an object' };
  return member(z.optional(schema), allowed, standard);
};

/** The facts of the schema that a path inside `schema` leads to. */
export function factsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): MemberFacts | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return memberFacts.get(schema as z.ZodMiniType); // the registry is only a map with schemas as keys
  const { fields, element } = shapeOf(schema);
  const inner = typeof first === 'number' ? element : fields?.[String(first)];
  return inner === undefined ? undefined : factsAt(inner, rest);
}

/** Names of the members that may stand at a path inside `schema`. */
export function namesAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const [first, ...rest] = path;
  const { fields, element } = shapeOf(schema);
  if (first === undefined) return Object.keys(fields ?? {});
  const inner = typeof first === 'number' ? element : fields?.[String(first)];
  return inner === undefined ? [] : namesAt(inner, rest);
}

/** One member, for a table of them. */
export interface MemberRow extends MemberFacts {
  /** As in `ServerGroups[].Weight`. */
  readonly name: string;
  readonly required: boolean;
}

const standardOf = (facts: MemberFacts | undefined): Pick<MemberFacts, 'standard'> =>
  facts?.standard === undefined ? {} : { standard: facts.standard };

/** Whether a value must be there, whatever it is. */
const isRequired = (schema: z.core.$ZodType): boolean => !z.safeParse(schema as z.ZodMiniType, undefined).success; // each schema here is a mini one

/** Every member inside a schema that is not an object or list of objects itself, for the documentation. */
export function membersOf(schema: z.core.$ZodType, at = ''): readonly MemberRow[] {
  const { fields, element } = shapeOf(schema);
  if (fields !== undefined) {
    return Object.entries(fields).flatMap(([name, inner]) => membersOf(inner, at === '' ? name : `${at}.${name}`));
  }
  const own = factsAt(schema, []);
  if (element !== undefined) {
    const inner = membersOf(element, `${at}[]`);
    const [only] = inner;
    const plain = only !== undefined && inner.length === 1 && only.name === `${at}[]`;
    return plain ? [{ name: only.name, allowed: only.allowed, required: isRequired(schema), ...standardOf(own) }] : inner;
  }
  return own === undefined ? [] : [{ name: at, required: isRequired(schema), ...own }];
}
