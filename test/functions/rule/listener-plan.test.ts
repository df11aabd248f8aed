import { describe, expect, it } from 'vitest';
import { type ListenerPlan, nextCalls, planListeners, specifyRules } from '#functions/rule/listener-plan.ts';
import type { NewRule, Rule } from '#shared/cloud/alb/port.ts';
import type { ListenerIdentity, RuleSpec, Stack } from '#shared/model/stack.ts';
import { ownerHash, tagKeys } from '#shared/ownership.ts';
import type { RulePhase } from '#shared/plan/rules.ts';
import { aScene, aStack } from '#test/support/scenes.ts';

const listeners = { 'HTTP:80': 'lsn-80', 'HTTPS:443': 'lsn-443' };

const aSpec = (path: string, listener: ListenerIdentity, more: Partial<RuleSpec> = {}): RuleSpec => ({
  identity: `${listener} ${path}`,
  owners: [{ kind: 'Ingress', namespace: 'shop', name: 'cafe' }],
  tags: { [tagKeys.identity]: `${listener} ${path}`, [tagKeys.owner]: ownerHash('shop', 'cafe') },
  listener,
  direction: 'Request',
  conditions: [{ type: 'Path', pathConfig: { values: [path] } }],
  actions: [{ type: 'ForwardGroup', groups: [{ serverGroupId: 'sgp-1', weight: 100 }] }],
  ...more,
});

const listenerSpecs = (): Stack['listeners'] => {
  const [first] = aStack().listeners;
  if (first === undefined) throw new Error('the stack has no listener');
  return [first, { ...first, identity: 'HTTPS:443', protocol: 'HTTPS', port: 443 }];
};

const sceneOf = (rules: readonly RuleSpec[]) => aScene({ stack: aStack({ rules, listeners: listenerSpecs() }), ledger: { listeners } });

let made = 0;
const asRule = (rule: NewRule, listenerId: string): Rule => {
  made += 1;
  return { ...rule, ruleId: `rule-${made}`, listenerId, status: 'Available' };
};

/** What is there once `rules` have been carried out on ALBs without any. */
function standing(rules: readonly RuleSpec[]): readonly Rule[] {
  const scene = sceneOf(rules);
  const plans = planListeners({ observed: [], wanted: specifyRules([], scene), keepOwners: new Set(), room: 100 }, scene);
  return plans.flatMap(({ listenerId, phases }) =>
    phases.flatMap((phase) => (phase.kind === 'create' ? phase.rules.map((rule) => asRule(rule, listenerId)) : [])),
  );
}

const callsFor = (rules: readonly RuleSpec[], observed: readonly Rule[], room = 100): readonly string[] => {
  const scene = sceneOf(rules);
  const plans = planListeners({ observed, wanted: specifyRules(observed, scene), keepOwners: new Set(), room }, scene);
  return nextCalls(plans).map(({ listener, phase }) => `${phase.kind} ${phase.rules.length} on ${listener}`);
};

const toHttps: RuleSpec['actions'] = [
  {
    type: 'Redirect',
    redirectConfig: { protocol: 'HTTPS', host: `\${host}`, port: '443', path: `\${path}`, query: `\${query}`, httpCode: '308' },
  },
];

describe('calls on several listeners', () => {
  const plain = aSpec('/a', 'HTTP:80');
  const redirecting = { ...plain, actions: toHttps };
  const secure = aSpec('/a', 'HTTPS:443');

  it('make what is redirected to before the redirect, and end the redirect before what it led to goes', () => {
    const before = standing([plain]);
    expect(callsFor([redirecting, secure], before)).toEqual(['create 1 on HTTPS:443']);
    const both = [...before, ...standing([secure])];
    expect(callsFor([redirecting, secure], both)).toEqual(['update 1 on HTTP:80']);
    const switched = [...standing([redirecting]), ...standing([secure])];
    expect(callsFor([plain], switched)).toEqual(['update 1 on HTTP:80']);
    expect(callsFor([plain], both)).toEqual(['remove 1 on HTTPS:443']);
  });

  it('of one kind are made together', () => {
    expect(callsFor([plain, secure], [])).toEqual(['create 1 on HTTP:80', 'create 1 on HTTPS:443']);
    expect(callsFor([], standing([plain, secure]))).toEqual(['remove 1 on HTTP:80', 'remove 1 on HTTPS:443']);
  });

  it('remove first, everywhere, where all that is new has no room before', () => {
    const before = standing([plain, secure]);
    const wanted = [aSpec('/b', 'HTTP:80'), secure];
    expect(callsFor(wanted, before, 1)).toEqual(['create 1 on HTTP:80']);
    expect(callsFor(wanted, before, 0)).toEqual(['remove 1 on HTTP:80']);
    expect(callsFor([plain, aSpec('/b', 'HTTP:80')], before, 0)).toEqual(['remove 1 on HTTPS:443']);
  });

  it('never make a later kind while an earlier one is next anywhere', () => {
    const rank = { create: 0, update: 1, remove: 2 } as const;
    const phase = (kind: RulePhase['kind']): RulePhase => ({ kind, rules: [] });
    const all = Object.keys(rank) as RulePhase['kind'][]; // the table's own keys
    for (const a of all) {
      for (const b of all) {
        const plan = (listener: string, kind: RulePhase['kind']): ListenerPlan => ({
          listener,
          listenerId: listener,
          phases: [phase(kind), phase('remove')],
          groups: [],
          existing: 1,
          created: 0,
          removed: 0,
          removesFirst: false,
        });
        const now = nextCalls([plan('one', a), plan('two', b)]).map((call) => call.phase.kind);
        expect(new Set(now)).toEqual(new Set([rank[a] <= rank[b] ? a : b]));
      }
    }
  });
});

describe('a rule whose actions are held', () => {
  const fallback = aSpec('/a', 'HTTP:80', { actionsHeld: true });

  it('keeps what it has, and its groups stay in use', () => {
    const observed = standing([
      aSpec('/a', 'HTTP:80', { actions: [{ type: 'ForwardGroup', groups: [{ serverGroupId: 'sgp-canary', weight: 100 }] }] }),
    ]);
    expect(callsFor([fallback], observed)).toEqual([]);
    const scene = sceneOf([fallback]);
    const plans = planListeners({ observed, wanted: specifyRules(observed, scene), keepOwners: new Set(), room: 100 }, scene);
    expect(plans.flatMap((plan) => plan.groups)).toEqual(['sgp-canary']);
  });

  it('takes them along when its conditions change', () => {
    const observed = standing([
      aSpec('/a', 'HTTP:80', { actions: [{ type: 'ForwardGroup', groups: [{ serverGroupId: 'sgp-canary', weight: 100 }] }] }),
    ]);
    const turned = { ...fallback, conditions: aSpec('/b', 'HTTP:80').conditions };
    const [one] = specifyRules(observed, sceneOf([turned]));
    expect(one?.settings.ruleActions).toEqual(observed[0]?.ruleActions);
  });

  it('gets what is said for it where it does not exist', () => {
    const [one] = specifyRules([], sceneOf([fallback]));
    expect(one?.settings.ruleActions).toMatchObject([{ forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: 'sgp-1' }] } }]);
  });
});
