/**
 * What a rule holds, as the service answers it: one member a type, everything that was left unsaid filled in (CreateRules), so that what
 * was wanted compares equal with what comes back. Members of other types, which an answer may have beside it, mean nothing.
 */
import { withoutUndefined } from './answers.ts';
import { requestVariables } from './defaults.ts';
import type { RuleAction, RuleCondition } from './port.ts';

/** The member that carries the configuration of a type: `Host` has `hostConfig`. */
const memberOf = (type: string): string => `${type.charAt(0).toLowerCase()}${type.slice(1)}Config`;

/** Every type of condition that we make. */
export const conditionTypes: readonly RuleCondition['type'][] = [
  'Host',
  'Path',
  'Header',
  'QueryString',
  'Cookie',
  'Method',
  'SourceIp',
  'ResponseHeader',
  'ResponseStatusCode',
];

/** Every type of action that we make, with what the service takes where a member is not said. */
export const actionDefaults: Readonly<Record<RuleAction['type'], Readonly<Record<string, unknown>>>> = {
  ForwardGroup: {},
  Redirect: {
    protocol: requestVariables.protocol,
    host: requestVariables.host,
    port: requestVariables.port,
    path: requestVariables.path,
    query: requestVariables.query,
    httpCode: '301',
  },
  FixedResponse: { content: '', contentType: 'text/plain' },
  Rewrite: { host: requestVariables.host, path: requestVariables.path, query: requestVariables.query },
  InsertHeader: { key: '', value: '', valueType: 'UserDefined' },
  RemoveHeader: { key: '' },
  TrafficLimit: {},
  TrafficMirror: { targetType: 'ForwardGroupMirror', mirrorGroupConfig: { serverGroupTuples: [] } },
  Cors: { allowOrigin: [], allowMethods: [], allowHeaders: [], exposeHeaders: [], allowCredentials: 'off', maxAge: -1 },
};

/** An answer, every member of which may be missing. */
interface Answered {
  readonly type?: string | undefined;
  readonly [member: string]: unknown;
}

/** Seconds that a client stays with a group where nothing is said. */
const stickyDefault = 1000;

interface ForwardAnswer {
  readonly serverGroupTuples?: readonly { readonly serverGroupId?: string; readonly weight?: number }[];
  readonly serverGroupStickySession?: { readonly enabled?: boolean; readonly timeout?: number };
}

/** One group alone may come back without its weight, and stickiness that is on without its time. */
function forwardConfig({ serverGroupTuples = [], serverGroupStickySession }: ForwardAnswer): unknown {
  const tuples = serverGroupTuples.map((tuple) => ({ serverGroupId: tuple.serverGroupId ?? '', weight: tuple.weight ?? 100 }));
  if (serverGroupStickySession === undefined) return { serverGroupTuples: tuples };
  const { enabled = false, timeout = stickyDefault } = serverGroupStickySession;
  return { serverGroupTuples: tuples, serverGroupStickySession: { enabled, timeout } };
}

const isAction = (type: string): type is RuleAction['type'] => Object.hasOwn(actionDefaults, type);

/** An action of a type that we do not make is kept whole: it is a difference to be found. */
export function actionOf(found: object): RuleAction {
  const plain = withoutUndefined(found) as Answered; // data of the service's own form, looked at member by member
  const { type = '', order } = plain;
  if (!isAction(type)) return plain as unknown as RuleAction; // compares unequal with all that we make
  const member = memberOf(type);
  const said = plain[member] ?? {};
  const config = type === 'ForwardGroup' ? forwardConfig(said) : { ...actionDefaults[type], ...said };
  return { type, order: order ?? 1, [member]: config } as unknown as RuleAction; // the member that belongs to the type
}

interface ConditionAnswer {
  readonly key?: string;
  readonly values?: readonly (string | { readonly key?: string; readonly value?: string })[];
}

/** A condition of a type that we do not make is kept whole. */
export function conditionOf(found: object): RuleCondition {
  const plain = withoutUndefined(found) as Answered; // as above
  const { type = '' } = plain;
  if (!conditionTypes.some((one) => one === type)) return plain as unknown as RuleCondition; // compares unequal with all that we make
  const member = memberOf(type);
  const { key, values = [] }: ConditionAnswer = plain[member] ?? {};
  const whole = values.map((one) => (typeof one === 'string' ? one : { key: one.key ?? '', value: one.value ?? '' }));
  const config = { ...(key === undefined ? {} : { key }), values: whole };
  return { type, [member]: config } as unknown as RuleCondition; // the member that belongs to the type
}
