/** What is read from annotations is what the service takes: the strict emulator's own checks are asked about everything that was accepted. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complaintAboutActions } from '#infra/local/alb/rule-actions.ts';
import { complaintAboutConditions } from '#infra/local/alb/rule-conditions.ts';
import type { RuleDirection } from '#shared/cloud/alb/port.ts';
import type { CustomAction, CustomRule } from '#shared/model/annotations/custom.ts';
import { readCustomRules } from '#shared/model/annotations/custom-rules.ts';
import { anIngress } from '#test/support/objects.ts';

type Wire = Readonly<Record<string, unknown>> & { readonly Type: string };

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const capital = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Names as they are on the wire: every member begins with a capital. */
function wired(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wired);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [capital(name), wired(inner)])) : value;
}

/** Groups of the stack have ids by the time the service is asked. */
function withIds(action: CustomAction): unknown {
  if (action.type !== 'ForwardGroup' && action.type !== 'TrafficMirror') return action;
  const idOf = (index: number): string => `sgp-${index}`;
  if (action.type === 'TrafficMirror') {
    const serverGroupTuples = action.groups.map((_, index) => ({ serverGroupId: idOf(index) }));
    return { type: action.type, trafficMirrorConfig: { targetType: 'ForwardGroupMirror', mirrorGroupConfig: { serverGroupTuples } } };
  }
  const serverGroupTuples = action.groups.map(({ weight }, index) => ({ serverGroupId: idOf(index), weight }));
  const sticky = action.stickiness === undefined ? {} : { serverGroupStickySession: action.stickiness };
  return { type: action.type, forwardGroupConfig: { serverGroupTuples, ...sticky } };
}

const isFinal = (action: CustomAction): boolean => ['ForwardGroup', 'Redirect', 'FixedResponse'].includes(action.type);
const forwarding = { Type: 'ForwardGroup', ForwardGroupConfig: { ServerGroupTuples: [{ ServerGroupId: 'sgp-x', Weight: 100 }] } };

/** What the service says to the actions of a rule, completed by a final action where none is written. */
function complaintAbout(actions: NonNullable<CustomRule['actions']>, direction: RuleDirection): string | undefined {
  const written = [...actions].sort((a, b) => Number(isFinal(a)) - Number(isFinal(b))).map((action) => wired(withIds(action)) as Wire); // made by `capital`
  const last = direction === 'Response' || actions.some(isFinal) ? [] : [forwarding];
  return complaintAboutActions(
    [...written, ...last].map((action, index) => ({ ...action, Order: index + 1 })),
    direction,
  );
}

const settings = { hostExpressions: 'allowed', brokenExpressions: 'accepted' } as const;

/** Text near the borders of what is allowed: mostly letters, some of everything else that is printable. */
const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const nearly = (most: number, ...parts: readonly string[]) =>
  fc
    .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...parts) }, { weight: 1, arbitrary: fc.constantFrom(...printable) }), {
      maxLength: most,
    })
    .map((list) => list.join(''));

const variable = (name: string): string => `\${${name}}`;
const variables = ['host', 'path', 'query', 'port', 'protocol', '1', '9', '10'].map(variable);
const host = fc
  .tuple(nearly(12, 'a', 'b', '-', '.', '*'), fc.constantFrom('.com', '.example.com', '', '.c0m', variable('host')))
  .map((two) => two.join(''));
const path = fc
  .tuple(fc.constantFrom('/', '~*', '', variable('path')), nearly(12, 'a', 'Z', '/', '.', ...variables))
  .map((two) => two.join(''));
const query = nearly(10, 'a', '=', '&', '1', ...variables);
const name = nearly(44, 'a', 'X', '-', '_');
const value = nearly(12, 'a', 'B', ' ', '*');
const small = nearly(6, 'a', '1');
const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });
const optional = <T>(members: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(members, { requiredKeys: [] });

const headerAction = fc.oneof(
  fc
    .record({
      key: fc.oneof(name, fc.constantFrom('Cookie', 'X-Forwarded-For', 'X-Forwarded-Prefix', 'TE')),
      value,
      valueType: fc.constantFrom('UserDefined', 'ReferenceHeader'),
    })
    .map((InsertHeaderConfig) => ({ type: 'InsertHeader', InsertHeaderConfig })),
  fc
    .record({ key: fc.oneof(name, fc.constantFrom('Cookie', 'Content-Length', 'Server')) })
    .map((RemoveHeaderConfig) => ({ type: 'RemoveHeader', RemoveHeaderConfig })),
);

const oneAction = fc.oneof(
  headerAction,
  optional({
    host,
    path,
    query,
    port: small,
    protocol: fc.constantFrom('http', 'HTTPS', 'ftp'),
    httpCode: fc.constantFrom('301', '304', ''),
  }).map((RedirectConfig) => ({ type: 'Redirect', RedirectConfig })),
  optional({ Host: host, Path: path, Query: query }).map((RewriteConfig) => ({ type: 'Rewrite', RewriteConfig })),
  fc
    .record({ content: fc.string({ maxLength: 1100 }), httpCode: fc.constantFrom('200', '301', '404', '503') })
    .map((FixedResponseConfig) => ({ type: 'FixedResponse', FixedResponseConfig })),
  optional({ QPS: small, QPSPerIp: small }).map((TrafficLimitConfig) => ({ type: 'TrafficLimit', TrafficLimitConfig })),
  optional({
    AllowOrigin: some(
      fc.tuple(fc.constantFrom('https://', 'http://', '*', ''), nearly(6, 'a', '.', '*', ':', '1')).map((two) => two.join('')),
    ),
    AllowHeaders: some(nearly(6, 'X', '-', '*')),
    MaxAge: fc.integer({ min: -3, max: 172_803 }),
  }).map((CorsConfig) => ({ type: 'Cors', CorsConfig })),
  some(
    fc.record({
      ServiceName: fc.constantFrom('a', 'b', 'c'),
      ServicePort: fc.integer({ min: 79, max: 81 }),
      Weight: fc.integer({ min: -1, max: 101 }),
    }),
  ).map((ServerGroups) => ({ type: 'ForwardGroup', ForwardConfig: { ServerGroups } })),
);

const pairs = some(fc.record({ key: small, value: nearly(6, 'a', '&', ';', 'A') }));
const oneCondition = fc.oneof(
  some(host).map((values) => ({ type: 'Host', hostConfig: { values } })),
  some(path).map((values) => ({ type: 'Path', pathConfig: { values } })),
  fc.record({ key: name, values: some(value) }).map((headerConfig) => ({ type: 'Header', headerConfig })),
  pairs.map((values) => ({ type: 'QueryString', queryStringConfig: { values } })),
  pairs.map((values) => ({ type: 'Cookie', cookieConfig: { values } })),
  some(
    fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.tuple(fc.ipV4(), fc.nat(40)).map((two) => two.join('/')),
      fc.tuple(fc.ipV6(), fc.nat(140)).map((two) => two.join('/')),
    ),
  ).map((values) => ({ type: 'SourceIp', sourceIpConfig: { values } })),
);

function read(family: 'actions' | 'conditions', list: readonly unknown[], direction: RuleDirection): CustomRule {
  const annotations = { [`${family}.coffee`]: JSON.stringify(list), 'rule-direction.coffee': direction };
  return readCustomRules(anIngress({ annotations })).rules.get('coffee') ?? {};
}

describe.each(['Request', 'Response'] as const)('in rules of direction %s', (direction) => {
  it('actions that are accepted are accepted by the service', () => {
    const counts = { accepted: 0 };
    fc.assert(
      fc.property(some<unknown>(direction === 'Request' ? oneAction : headerAction), (list) => {
        const { actions } = read('actions', list, direction);
        if (actions === undefined) return;
        counts.accepted += 1;
        expect([JSON.stringify(list), complaintAbout(actions, direction)]).toEqual([JSON.stringify(list), undefined]);
      }),
      { numRuns: 600 },
    );
    expect(counts.accepted).toBeGreaterThan(20);
  });

  it('conditions that are accepted are accepted by the service', () => {
    const counts = { accepted: 0 };
    fc.assert(
      fc.property(oneCondition, (one) => {
        const { conditions } = read('conditions', [one], direction);
        if (conditions === undefined) return;
        counts.accepted += 1;
        const wire = conditions.map((condition) => wired(condition) as Wire); // made by `capital`
        expect([JSON.stringify(one), complaintAboutConditions(wire, direction, settings)]).toEqual([JSON.stringify(one), undefined]);
      }),
      { numRuns: 600 },
    );
    expect(counts.accepted).toBeGreaterThan(30);
  });
});
