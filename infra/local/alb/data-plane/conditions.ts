/**
 * The conditions of a rule: a row a type. The values of one condition are alternatives; the conditions of a rule must all hold
 * (`alb-openapi` 6.5). A type without a row never holds, so such a rule is passed over rather than matching everything. Those about an
 * answer never hold while there is none.
 */
import type { ViewCondition } from '../view.ts';
import type { AnswerFacts } from './exchange.ts';
import { networks } from './networks.ts';
import type { RequestFacts } from './request-facts.ts';
import { isExpression, wildcard, wildcardOrExpression } from './wildcard.ts';

type Test = (facts: RequestFacts, answer?: AnswerFacts) => boolean;

interface Pair {
  readonly Key?: string;
  readonly Value?: string;
}

interface Config {
  readonly Key?: string;
  readonly Values?: readonly (string | Pair)[];
}

/** `HostConfig` of a `Host` condition, and so on. The view hands over what the API took, so the shape is known. */
const configOf = (condition: ViewCondition): Config => (condition[`${condition.Type}Config`] ?? {}) as Config;

const texts = (config: Config): readonly string[] => (config.Values ?? []).filter((value) => typeof value === 'string');
const pairs = (config: Config): readonly Pair[] => (config.Values ?? []).filter((value) => typeof value !== 'string');

const anyOf =
  (patterns: readonly RegExp[]) =>
  (text: string): boolean =>
    patterns.some((pattern) => pattern.test(text));

/** Query strings and cookies may not be configured in upper case, so they are compared without regard to case. */
function anyPair(config: Config, entries: (facts: RequestFacts) => Iterable<readonly [string, string]>): Test {
  const wanted = pairs(config).map(({ Key = '', Value = '' }) => ({
    key: wildcard(Key.toLowerCase()),
    value: wildcard(Value.toLowerCase()),
  }));
  const met = ([key, value]: readonly [string, string]) =>
    wanted.some((pair) => pair.key.test(key.toLowerCase()) && pair.value.test(value.toLowerCase()));
  return (facts) => [...entries(facts)].some(met);
}

function header(config: Config, of: (facts: RequestFacts, answer: AnswerFacts | undefined) => AnswerFacts['headers']): Test {
  const matches = anyOf(texts(config).map(wildcard));
  const name = (config.Key ?? '').toLowerCase();
  return (facts, answer) => (of(facts, answer)[name] ?? []).some(matches);
}

/** `404`, or a whole class as `4xx`. */
const statusPattern = (value: string): RegExp => new RegExp(`^${value.replaceAll('x', '[0-9]')}$`);

const rows: Readonly<Record<string, (config: Config) => Test>> = {
  Host: (config) => {
    const matches = anyOf(texts(config).map((value) => wildcardOrExpression(value.toLowerCase())));
    return (facts) => matches(facts.host);
  },
  Path: (config) => {
    const matches = anyOf(texts(config).map(wildcardOrExpression));
    return (facts) => matches(facts.path);
  },
  Header: (config) => header(config, (facts) => facts.headers),
  Method: (config) => (facts) => texts(config).includes(facts.method),
  QueryString: (config) => anyPair(config, (facts) => facts.query),
  Cookie: (config) => anyPair(config, (facts) => facts.cookies),
  SourceIp: (config) => {
    const contains = networks(texts(config));
    return (facts) => contains(facts.sourceIp);
  },
  ResponseHeader: (config) => header(config, (_, answer) => answer?.headers ?? {}),
  ResponseStatusCode: (config) => {
    const matches = anyOf(texts(config).map(statusPattern));
    return (_, answer) => answer !== undefined && matches(String(answer.status));
  },
};

function testOf(conditions: readonly ViewCondition[]): Test {
  const tests = conditions.map((condition): Test => rows[condition.Type]?.(configOf(condition)) ?? (() => false));
  return (facts, answer) => tests.every((test) => test(facts, answer));
}

function capturesOf(conditions: readonly ViewCondition[]): (path: string) => readonly string[] {
  const paths = conditions.filter((condition) => condition.Type === 'Path').flatMap((condition) => texts(configOf(condition)));
  const expressions = paths.filter(isExpression).map(wildcardOrExpression);
  return (path) => {
    for (const expression of expressions) {
      const match = expression.exec(path);
      if (match !== null) return match.slice(1).map((text: string | undefined) => text ?? '');
    }
    return [];
  };
}

export interface Conditions {
  /** Whether all of them hold. */
  readonly test: Test;
  /** What the first path expression that matches captures, from `${1}` on; a group that took no part is empty. */
  readonly captures: (path: string) => readonly string[];
}

/** Rules outlast most changes of a load balancer; compiling 200 of them anew for each took 3 ms and more. */
const compiled = new WeakMap<readonly ViewCondition[], Conditions>();

/** The conditions of a rule, compiled once for as long as the rule keeps them. */
export function compileConditions(conditions: readonly ViewCondition[]): Conditions {
  const known = compiled.get(conditions) ?? { test: testOf(conditions), captures: capturesOf(conditions) };
  compiled.set(conditions, known);
  return known;
}
