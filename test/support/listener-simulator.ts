/** A listener in memory: applies the calls of a plan as strictly as the service may, and matches requests by priority. */
import { BlockList } from 'node:net';
import type { NewRule, Rule, RuleCondition } from '#shared/cloud/alb/port.ts';
import type { RulePhase } from '#shared/plan/rules.ts';

type Texts = Readonly<Record<string, string>>;

/** A request, and of its answer what rules for responses look at. Header names in lower case. */
export interface Request {
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Texts;
  readonly query?: Texts;
  readonly cookies?: Texts;
  readonly source?: string;
  readonly status?: string;
  readonly answerHeaders?: Texts;
}

const patternOf = (value: string): RegExp =>
  new RegExp(
    `^${value
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

const anyPattern = (values: readonly string[], text: string | undefined): boolean =>
  text !== undefined && values.some((one) => patternOf(one).test(text));
const anyPair = (values: readonly { readonly key: string; readonly value: string }[], texts: Texts = {}): boolean =>
  values.some(({ key, value }) => texts[key] === value);

function anyBlock(values: readonly string[], source: string): boolean {
  const blocks = new BlockList();
  for (const value of values) {
    const [address = '', bits = '32'] = value.split('/');
    blocks.addSubnet(address, Number(bits));
  }
  return blocks.check(source);
}

type Of<T extends RuleCondition['type']> = Extract<RuleCondition, { readonly type: T }>;

const holds: { readonly [T in RuleCondition['type']]: (condition: Of<T>, request: Request) => boolean } = {
  Host: ({ hostConfig }, { host }) => anyPattern(hostConfig.values, host),
  Path: ({ pathConfig }, { path }) => anyPattern(pathConfig.values, path),
  Header: ({ headerConfig: { key, values } }, { headers = {} }) => anyPattern(values, headers[key.toLowerCase()]),
  QueryString: ({ queryStringConfig }, { query }) => anyPair(queryStringConfig.values, query),
  Cookie: ({ cookieConfig }, { cookies }) => anyPair(cookieConfig.values, cookies),
  Method: ({ methodConfig }, { method = 'GET' }) => methodConfig.values.includes(method),
  SourceIp: ({ sourceIpConfig }, { source = '192.0.2.1' }) => anyBlock(sourceIpConfig.values, source),
  ResponseHeader: ({ responseHeaderConfig: { key, values } }, { answerHeaders = {} }) =>
    anyPattern(values, answerHeaders[key.toLowerCase()]),
  ResponseStatusCode: ({ responseStatusCodeConfig }, { status = '200' }) =>
    responseStatusCodeConfig.values.some((value) => patternOf(value.replaceAll('x', '?')).test(status)),
};

const matches = (condition: RuleCondition, request: Request): boolean =>
  // Each row takes the conditions of its own type.
  (holds[condition.type] as (condition: RuleCondition, request: Request) => boolean)(condition, request);

const target = (rule: Pick<Rule, 'ruleActions'>): string => JSON.stringify(rule.ruleActions);

/** Where a request goes among rules that are listed in matching order. */
export const targetOf = (rules: readonly Pick<Rule, 'ruleConditions' | 'ruleActions'>[], request: Request): string => {
  const rule = rules.find((one) => one.ruleConditions.every((condition) => matches(condition, request)));
  return rule === undefined ? 'default' : target(rule);
};

export const byPriority = (rules: readonly Rule[]): readonly Rule[] => [...rules].sort((a, b) => a.priority - b.priority);

let created = 0;

const asRule = (rule: NewRule): Rule => {
  created += 1;
  return { ...rule, ruleId: `rule-${created}`, listenerId: 'lsn-1', status: 'Available' };
};

const refuseDuplicates = (rules: readonly Rule[]): readonly Rule[] => {
  const numbers = rules.map((one) => `${one.direction} ${one.priority}`);
  if (new Set(numbers).size < numbers.length) throw new Error('Conflict.Priority');
  if (rules.some((one) => one.priority < 1 || one.priority > 10_000)) throw new Error('IllegalParam.Priority');
  return rules;
};

/** Every state that one call goes through when the service works its rules off one by one: the last one is the result. */
export function statesOf(rules: readonly Rule[], phase: RulePhase): readonly (readonly Rule[])[] {
  const states: (readonly Rule[])[] = [];
  let now = rules;
  for (const item of phase.rules) {
    if (phase.kind === 'create')
      now = [...now, asRule(item as NewRule)]; // the kind says which list it is
    else if (phase.kind === 'remove') now = now.filter((one) => one.ruleId !== (item as Rule).ruleId);
    else now = now.map((one) => (one.ruleId === (item as Rule).ruleId ? { ...one, ...item } : one));
    states.push(refuseDuplicates(now));
  }
  return states;
}
