import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule, RuleCondition, RuleDirection } from '#shared/cloud/alb/port.ts';
import { tagKeys } from '#shared/ownership.ts';
import { sameConditions } from '#shared/plan/rule-content.ts';
import { planRules, type RulePlan, type WantedRule } from '#shared/plan/rules.ts';
import { byPriority, type Request, statesOf, targetOf } from '#test/support/listener-simulator.ts';

const aWanted = (path: string, group: string, owner = 'o', host = ''): WantedRule => ({
  identity: `${owner}|${host}|${path}`,
  direction: 'Request',
  tags: { [tagKeys.identity]: `${owner}|${host}|${path}`, [tagKeys.owner]: owner },
  settings: {
    ruleName: `rule${path.replace(/\W/g, '-')}`,
    ruleConditions: [
      ...(host === '' ? [] : [{ type: 'Host' as const, hostConfig: { values: [host] } }]),
      { type: 'Path', pathConfig: { values: [path] } },
    ],
    ruleActions: [{ type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: group, weight: 100 }] } }],
  },
});

const none: ReadonlySet<string> = new Set();
const carryOut = (rules: readonly Rule[], plan: RulePlan): readonly Rule[] =>
  plan.phases.reduce<readonly Rule[]>((now, phase) => statesOf(now, phase).at(-1) ?? now, rules);
const install = (wanted: readonly WantedRule[]): readonly Rule[] => carryOut([], planRules({ wanted, observed: [], keepOwners: none }));
const identities = (rules: readonly Rule[]): readonly string[] => byPriority(rules).map((one) => one.tags[tagKeys.identity] ?? '');
const kinds = (plan: RulePlan): string[] => plan.phases.map((phase) => `${phase.kind} ${phase.rules.length}`);

describe('planning rules', () => {
  it('creates a hundred rules with one call', () => {
    const wanted = Array.from({ length: 100 }, (_, index) => aWanted(`/p${index}`, 'g'));
    expect(kinds(planRules({ wanted, observed: [], keepOwners: none }))).toEqual(['create 100']);
  });

  it('inserts one rule before a hundred others with one creation and no update', () => {
    const wanted = Array.from({ length: 100 }, (_, index) => aWanted(`/p${index}`, 'g'));
    const observed = install(wanted);
    expect(kinds(planRules({ wanted: [aWanted('/first', 'g'), ...wanted], observed, keepOwners: none }))).toEqual(['create 1']);
  });

  it('finds nothing to do when conditions and values only come back in another order', () => {
    const wanted = [aWanted('/a', 'g', 'o', 'a.example.com')];
    const observed = install(wanted).map((rule) => ({ ...rule, ruleConditions: [...rule.ruleConditions].reverse() }));
    expect(planRules({ wanted, observed, keepOwners: none }).phases).toEqual([]);
  });

  it('removes foreign rules, and leaves the rules of held owners and their priorities alone', () => {
    const observed = install([aWanted('/held', 'g', 'held'), aWanted('/ours', 'g'), { ...aWanted('/foreign', 'g'), tags: {} }]);
    const plan = planRules({ wanted: [aWanted('/new', 'g'), aWanted('/ours', 'g')], observed, keepOwners: new Set(['held']) });
    expect(kinds(plan)).toEqual(['create 1', 'remove 1']);
    const after = carryOut(observed, plan);
    expect(after.filter((rule) => rule.tags[tagKeys.owner] === 'held')).toEqual([observed[0]]);
  });

  it('moves one rule with one update', () => {
    const wanted = ['/a', '/b', '/c', '/d'].map((path) => aWanted(path, 'g'));
    const [a, b, c, d] = wanted;
    const moved = [d, a, b, c].filter((one) => one !== undefined);
    const plan = planRules({ wanted: moved, observed: install(wanted), keepOwners: none });
    expect(kinds(plan)).toEqual(['update 1']);
  });

  it('removes before it creates only where the quota leaves no other way, and says so', () => {
    const observed = install([aWanted('/old', 'g')]);
    const wanted = [aWanted('/new', 'g')];
    expect(kinds(planRules({ wanted, observed, keepOwners: none, room: 1 }))).toEqual(['create 1', 'remove 1']);
    const tight = planRules({ wanted, observed, keepOwners: none, room: 0 });
    expect(kinds(tight)).toEqual(['remove 1', 'create 1']);
    expect(tight.removesFirst).toBe(true);
  });

  it('changes the conditions of one rule in place, at its number, when nothing else changes in its direction', () => {
    const wanted = ['/a', '/b', '/c'].map((path) => aWanted(path, 'g'));
    const observed = install(wanted);
    const [a, b, c] = wanted;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three rules were wanted');
    const turned = { ...b, settings: { ...b.settings, ruleConditions: aWanted('/other', 'g').settings.ruleConditions } };
    const plan = planRules({ wanted: [a, turned, c], observed, keepOwners: none });
    expect(kinds(plan)).toEqual(['update 1']);
    expect(plan.update[0]).toMatchObject({ ruleId: observed[1]?.ruleId, priority: observed[1]?.priority, ...turned.settings });
    const beside = planRules({ wanted: [a, turned, { ...c, settings: aWanted('/c', 'h').settings }], observed, keepOwners: none });
    expect(kinds(beside)).toEqual(['create 1', 'update 1', 'remove 1']);
    expect(kinds(planRules({ wanted: [turned, a, c], observed, keepOwners: none }))).toEqual(['create 1', 'remove 1']);
  });

  it('changes the direction of a rule with one creation, and then one removal', () => {
    const wanted = ['/a', '/b'].map((path) => aWanted(path, 'g'));
    const observed = install(wanted);
    const turned = wanted.map((one, index) =>
      index === 0 ? { ...one, identity: 'turned', direction: 'Response' as const, tags: { [tagKeys.identity]: 'turned' } } : one,
    );
    const plan = planRules({ wanted: turned, observed, keepOwners: none });
    expect(kinds(plan)).toEqual(['create 1', 'remove 1']);
    expect(planRules({ wanted: turned, observed: carryOut(observed, plan), keepOwners: none }).phases).toEqual([]);
  });

  it('keeps the directions apart in a call: numbers of one may be those of the other', () => {
    const requests = ['/a', '/b'].map((path) => aWanted(path, 'g'));
    const responses = requests.map((one) => ({
      ...one,
      identity: `${one.identity} back`,
      direction: 'Response' as const,
      tags: { [tagKeys.identity]: `${one.identity} back` },
    }));
    const plan = planRules({ wanted: [...requests, ...responses], observed: [], keepOwners: none });
    expect(kinds(plan)).toEqual(['create 2', 'create 2']);
    expect(plan.create.map((rule) => rule.priority).slice(0, 2)).toEqual(plan.create.map((rule) => rule.priority).slice(2));
  });
});

/** Few hosts and paths that overlap a lot, so that order matters nearly always. */
const paths = ['/*', '/a*', '/a', '/b*', '/ab*', '/*b'];
const hosts = ['', 'x.example', '*.example'];
const requests: readonly Request[] = ['x.example', 'y.example'].flatMap((host) =>
  ['/', '/a', '/ab', '/b', '/ac'].map((path) => ({ host, path })),
);

const aWish = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...hosts), fc.constantFrom(...paths), fc.integer({ min: 1, max: 3 })), {
    maxLength: 12,
    selector: ([host, path]) => `${host}${path}`,
  })
  .map((rules) => rules.map(([host, path, group]) => aWanted(path, `g${group}`, 'o', host)));

describe('from any list of rules to any other', () => {
  it('ends in the wanted order, and the second plan is empty', () => {
    fc.assert(
      fc.property(aWish, aWish, (old, wanted) => {
        const observed = install(old);
        const end = carryOut(observed, planRules({ wanted, observed, keepOwners: none }));
        expect(identities(end)).toEqual(wanted.map((one) => one.identity));
        expect(planRules({ wanted, observed: end, keepOwners: none }).phases).toEqual([]);
      }),
    );
  });

  it('sends every request, at every instant, where the old or the new wish sends it', () => {
    fc.assert(
      fc.property(aWish, aWish, (old, wanted) => {
        let now = install(old);
        const settings = (list: readonly WantedRule[]) => list.map((one) => one.settings);
        for (const phase of planRules({ wanted, observed: now, keepOwners: none }).phases) {
          for (const state of statesOf(now, phase)) {
            for (const request of requests) {
              const allowed = [targetOf(settings(old), request), targetOf(settings(wanted), request)];
              expect(allowed).toContain(targetOf(byPriority(state), request));
            }
            now = state;
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does so too when every call is planned anew from what is there then', () => {
    fc.assert(
      fc.property(aWish, aWish, (old, wanted) => {
        let now = install(old);
        const settings = (list: readonly WantedRule[]) => list.map((one) => one.settings);
        const next = () => planRules({ wanted, observed: now, keepOwners: none }).phases[0];
        for (let phase = next(), calls = 0; phase !== undefined; phase = next(), calls += 1) {
          expect(calls).toBeLessThan(30);
          for (const state of statesOf(now, phase)) {
            for (const request of requests) {
              const allowed = [targetOf(settings(old), request), targetOf(settings(wanted), request)];
              expect(allowed).toContain(targetOf(byPriority(state), request));
            }
            now = state;
          }
        }
        expect(identities(now)).toEqual(wanted.map((one) => one.identity));
      }),
    );
  });

  it('survives a crash between any two calls: planning anew from there ends the same', () => {
    fc.assert(
      fc.property(aWish, aWish, fc.nat(), (old, wanted, crash) => {
        const observed = install(old);
        const plan = planRules({ wanted, observed, keepOwners: none });
        const done = plan.phases.slice(0, crash % (plan.phases.length + 1));
        const half = carryOut(observed, { ...plan, phases: done });
        const end = carryOut(half, planRules({ wanted, observed: half, keepOwners: none }));
        expect(identities(end)).toEqual(wanted.map((one) => one.identity));
      }),
    );
  });
});

/** Values that requests share, so that rules overlap; identities are apart from what they match, so that a rule's conditions can change. */
const aCondition: fc.Arbitrary<RuleCondition> = fc.oneof(
  fc.constantFrom('x.example', '*.example').map((host): RuleCondition => ({ type: 'Host', hostConfig: { values: [host] } })),
  fc.constantFrom('/*', '/a', '/a*').map((path): RuleCondition => ({ type: 'Path', pathConfig: { values: [path] } })),
  fc.constantFrom('GET', 'POST').map((method): RuleCondition => ({ type: 'Method', methodConfig: { values: [method] } })),
  fc.constantFrom('a', '*').map((value): RuleCondition => ({ type: 'Header', headerConfig: { key: 'X-Beta', values: [value] } })),
  fc.constantFrom('1', '2').map((value): RuleCondition => ({ type: 'Cookie', cookieConfig: { values: [{ key: 'beta', value }] } })),
  fc.constantFrom('1', '2').map((value): RuleCondition => ({ type: 'QueryString', queryStringConfig: { values: [{ key: 'v', value }] } })),
  fc.constantFrom('10.0.0.0/8', '10.0.0.1/32').map((block): RuleCondition => ({ type: 'SourceIp', sourceIpConfig: { values: [block] } })),
  fc
    .constantFrom('200', '2xx')
    .map((code): RuleCondition => ({ type: 'ResponseStatusCode', responseStatusCodeConfig: { values: [code] } })),
  fc
    .constantFrom('a', '*')
    .map((value): RuleCondition => ({ type: 'ResponseHeader', responseHeaderConfig: { key: 'X-Answer', values: [value] } })),
);

const aRule = fc.record({
  identity: fc.integer({ min: 1, max: 6 }),
  direction: fc.constantFrom<RuleDirection>('Request', 'Response'),
  conditions: fc.uniqueArray(aCondition, { minLength: 1, maxLength: 2, selector: (one) => one.type }),
  group: fc.integer({ min: 1, max: 3 }),
});

/** Each identity keeps its direction, as real ones do. */
const anyWish = fc.uniqueArray(aRule, { maxLength: 6, selector: (rule) => `${rule.direction}${rule.identity}` }).map((rules) =>
  rules.map(({ identity, direction, conditions, group }): WantedRule => {
    const base = aWanted('/', `g${group}`);
    const name = `${direction} ${identity}`;
    return {
      identity: name,
      direction,
      tags: { [tagKeys.identity]: name, [tagKeys.owner]: 'o' },
      settings: { ...base.settings, ruleConditions: conditions },
    };
  }),
);

const traffic: readonly Request[] = ['/', '/a'].flatMap((path) =>
  ['x.example', 'y.example'].flatMap((host) =>
    [{}, { 'x-beta': 'a' }].flatMap((headers) =>
      ['1', '2'].flatMap((value) => [
        { host, path, headers, method: 'GET', cookies: { beta: value }, query: { v: '1' }, source: '10.0.0.1', status: '200' },
        { host, path, headers, method: 'POST', cookies: {}, query: { v: value }, source: '10.9.9.9', status: '204' },
        { host, path, headers, method: 'POST', source: '192.0.2.1', status: '404', answerHeaders: { 'x-answer': 'a' } },
      ]),
    ),
  ),
);

const inDirection = <T extends { readonly direction: RuleDirection }>(rules: readonly T[], direction: RuleDirection): readonly T[] =>
  rules.filter((one) => one.direction === direction);

const bothDirections: readonly RuleDirection[] = ['Request', 'Response'];

/** Fails when a request goes elsewhere in a state of the listener than in the old and in the new list. */
function expectEitherWish(
  state: readonly Rule[],
  old: readonly WantedRule[],
  wanted: readonly WantedRule[],
  direction: RuleDirection,
): void {
  const settings = (list: readonly WantedRule[]) => inDirection(list, direction).map((one) => one.settings);
  const standing = byPriority(inDirection(state, direction));
  for (const request of traffic) {
    expect([targetOf(settings(old), request), targetOf(settings(wanted), request)]).toContain(targetOf(standing, request));
  }
}

describe('conditions of every type, in both directions', () => {
  it('send every request, at every instant, where the old or the new wish sends it, and end as wanted', () => {
    fc.assert(
      fc.property(anyWish, anyWish, (old, wanted) => {
        let now = install(old);
        const next = () => planRules({ wanted, observed: now, keepOwners: none }).phases[0];
        for (let phase = next(), calls = 0; phase !== undefined; phase = next(), calls += 1) {
          expect(calls).toBeLessThan(30);
          for (const state of statesOf(now, phase)) {
            for (const direction of bothDirections) expectEitherWish(state, old, wanted, direction);
            now = state;
          }
        }
        for (const direction of bothDirections) {
          expect(identities(inDirection(now, direction))).toEqual(inDirection(wanted, direction).map((one) => one.identity));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('change in place, with one update of one rule, when the conditions of one rule change and nothing else', () => {
    fc.assert(
      fc.property(anyWish, fc.nat(), aCondition, (old, at, condition) => {
        fc.pre(old.length > 0);
        const index = at % old.length;
        const wanted = old.map((one, place) =>
          place === index ? { ...one, settings: { ...one.settings, ruleConditions: [condition] } } : one,
        );
        const observed = install(old);
        const plan = planRules({ wanted, observed, keepOwners: none });
        expect(plan.phases.map((phase) => [phase.kind, phase.rules.length])).toEqual(
          sameConditions(old[index]?.settings.ruleConditions ?? [], [condition]) ? [] : [['update', 1]],
        );
        expect(planRules({ wanted, observed: carryOut(observed, plan), keepOwners: none }).phases).toEqual([]);
      }),
    );
  });
});
