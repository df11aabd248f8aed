/** Actions of rules: a row a type with the member that carries it, what may stand in it, and whether it ends the rule (4.2, 6.5). */
import * as z from 'zod';
import type { GroupTuple, RuleAction, RuleRecord } from './records.ts';

const groupId = z.string().min(1);
const headerKey = z
  .string()
  .min(1)
  .max(40)
  .regex(/^[A-Za-z0-9_-]+$/, 'must hold letters, digits, - and _ only');

/** Headers that the load balancer keeps for itself. */
const reserved =
  /^(slb-id|slb-ip|x-forwarded-.*|connection|upgrade|content-length|transfer-encoding|keep-alive|te|host|cookie|remoteip|authority)$/;
const freeHeaderKey = headerKey.refine((key) => !reserved.test(key.toLowerCase()), 'is kept for the load balancer');

const forwardGroup = z.strictObject({
  ServerGroupTuples: z
    .array(z.strictObject({ ServerGroupId: groupId, Weight: z.int().min(0).max(100).optional() }))
    .min(1)
    .refine(
      (tuples) => tuples.length === 1 || tuples.every((one) => one.Weight !== undefined),
      'need a Weight each when there is more than one',
    )
    .refine((tuples) => new Set(tuples.map((one) => one.ServerGroupId)).size === tuples.length, 'must name each group once'),
  ServerGroupStickySession: z.strictObject({ Enabled: z.boolean().optional(), Timeout: z.int().min(1).max(86_400).optional() }).optional(),
});

/** What the service writes for `as in the request`: `${host}`. */
const asRequested = (name: string): string => `\${${name}}`;

const redirectDefaults: Readonly<Record<string, string>> = {
  Protocol: asRequested('protocol'),
  Host: asRequested('host'),
  Port: asRequested('port'),
  Path: asRequested('path'),
  Query: asRequested('query'),
  HttpCode: '301',
};

const redirect = z
  .strictObject({
    Protocol: z.enum(['HTTP', 'HTTPS', asRequested('protocol')]).optional(),
    Host: z.string().min(1).max(128).optional(),
    Port: z
      .string()
      .refine(
        (port) => port === asRequested('port') || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 63_335),
        'must be 1 to 63335',
      )
      .optional(),
    Path: z.string().min(1).max(128).optional(),
    Query: z.string().max(128).optional(),
    HttpCode: z.enum(['301', '302', '303', '307', '308']).optional(),
  })
  .refine(
    (config) =>
      Object.entries(config).some(([name, value]) => name !== 'HttpCode' && value !== undefined && value !== redirectDefaults[name]),
    'must change something',
  );

const fixedResponse = z.strictObject({
  Content: z
    .string()
    .max(1024)
    .refine((content) => !/[^\p{ASCII}]/u.test(content), 'must be ASCII')
    .optional(),
  ContentType: z.enum(['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json']).optional(),
  HttpCode: z.string().regex(/^[245]\d\d$/, 'must be a 2xx, 4xx or 5xx status'),
});

const rewrite = z
  .strictObject({
    Host: z.string().min(1).max(128).optional(),
    Path: z.string().min(1).max(128).optional(),
    Query: z.string().max(128).optional(),
  })
  .refine((config) => Object.values(config).some((value) => value !== undefined), 'must change something');

const systemValues: readonly string[] = ['ClientSrcPort', 'ClientSrcIp', 'Protocol', 'SLBId', 'SLBPort'];
const insertHeader = z
  .strictObject({
    Key: freeHeaderKey,
    Value: z.string().min(1).max(128),
    ValueType: z.enum(['UserDefined', 'ReferenceHeader', 'SystemDefined']).optional(),
    CoverEnabled: z.boolean().optional(),
  })
  .refine(
    (config) => config.ValueType !== 'SystemDefined' || systemValues.includes(config.Value),
    `must be one of ${systemValues.join(', ')}`,
  );

const qps = z.int().min(1).max(1_000_000).optional();
const trafficLimit = z
  .strictObject({ QPS: qps, PerIpQps: qps })
  .refine((config) => config.QPS !== undefined || config.PerIpQps !== undefined, 'needs QPS or PerIpQps');

const trafficMirror = z.strictObject({
  TargetType: z.literal('ForwardGroupMirror').optional(),
  MirrorGroupConfig: z.strictObject({ ServerGroupTuples: z.array(z.strictObject({ ServerGroupId: groupId })).min(1) }),
});

const names = z.array(z.string().min(1)).optional();
const cors = z.strictObject({
  AllowOrigin: names,
  AllowMethods: names,
  AllowHeaders: names,
  ExposeHeaders: names,
  AllowCredentials: z.enum(['on', 'off']).optional(),
  MaxAge: z.int().min(-1).max(172_800).optional(),
});

interface ActionRow {
  readonly member: string;
  readonly form: z.ZodType;
  /** Ends the rule; a rule for requests has exactly one of these, in the last place. */
  readonly final?: true;
  /** At most one in a rule. */
  readonly once?: true;
}

const rows: Readonly<Record<string, ActionRow>> = {
  ForwardGroup: { member: 'ForwardGroupConfig', form: forwardGroup, final: true },
  Redirect: { member: 'RedirectConfig', form: redirect, final: true },
  FixedResponse: { member: 'FixedResponseConfig', form: fixedResponse, final: true },
  Rewrite: { member: 'RewriteConfig', form: rewrite, once: true },
  InsertHeader: { member: 'InsertHeaderConfig', form: insertHeader },
  RemoveHeader: { member: 'RemoveHeaderConfig', form: z.strictObject({ Key: headerKey }) },
  TrafficLimit: { member: 'TrafficLimitConfig', form: trafficLimit, once: true },
  TrafficMirror: { member: 'TrafficMirrorConfig', form: trafficMirror, once: true },
  Cors: { member: 'CorsConfig', form: cors, once: true },
};

/** Types of actions that are known. */
export const actionTypes: readonly string[] = Object.keys(rows);

function complaintAbout(action: RuleAction): string | undefined {
  const row = rows[action.Type];
  if (row === undefined) return `there is no action of type ${action.Type}`;
  const { Type, Order: _order, ...members } = action;
  const strangers = Object.keys(members).filter((name) => name !== row.member);
  if (strangers.length > 0) return `${Type} goes with ${row.member}, not with ${strangers.join(', ')}`;
  const read = row.form.safeParse(members[row.member]);
  return read.success
    ? undefined
    : `${row.member}: ${read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`;
}

function complaintAboutOrder(actions: readonly RuleAction[], direction: RuleRecord['direction']): string | undefined {
  if (new Set(actions.map((action) => action.Order)).size < actions.length) return 'two actions have the same Order';
  const twice = actions.find(
    (action) => rows[action.Type]?.once === true && actions.filter((other) => other.Type === action.Type).length > 1,
  );
  if (twice !== undefined) return `there is more than one ${twice.Type}`;
  const finals = actions.filter((action) => rows[action.Type]?.final === true);
  if (direction === 'Response') return finals.length === 0 ? undefined : `a rule for responses has no ${finals[0]?.Type}`;
  if (finals.length !== 1) return 'there must be exactly one of ForwardGroup, Redirect and FixedResponse';
  const last = actions.reduce((a, b) => (b.Order > a.Order ? b : a));
  return last === finals[0] ? undefined : `${finals[0]?.Type} must have the highest Order`;
}

/** What is wrong with the actions of a rule; `undefined` when nothing is. */
export const complaintAboutActions = (actions: readonly RuleAction[], direction: RuleRecord['direction']): string | undefined =>
  actions.map(complaintAbout).find((complaint) => complaint !== undefined) ?? complaintAboutOrder(actions, direction);

const keptTuples = (tuples: readonly GroupTuple[]): readonly GroupTuple[] => tuples.map((one) => ({ ...one, Weight: one.Weight ?? 100 }));

/** Actions as the service keeps them: sorted by Order, its defaults filled in. */
export const keptActions = (actions: readonly RuleAction[]): readonly RuleAction[] =>
  [...actions]
    .sort((a, b) => a.Order - b.Order)
    .map((action) => ({
      ...action,
      ...(action.ForwardGroupConfig?.ServerGroupTuples?.length === 1
        ? {
            ForwardGroupConfig: {
              ...action.ForwardGroupConfig,
              ServerGroupTuples: keptTuples(action.ForwardGroupConfig.ServerGroupTuples),
            },
          }
        : {}),
      ...(action.Type === 'Redirect' && typeof action['RedirectConfig'] === 'object'
        ? { RedirectConfig: { ...redirectDefaults, ...action['RedirectConfig'] } }
        : {}),
      ...(action.Type === 'InsertHeader' && typeof action['InsertHeaderConfig'] === 'object'
        ? { InsertHeaderConfig: { ValueType: 'UserDefined', ...action['InsertHeaderConfig'] } }
        : {}),
    }));
