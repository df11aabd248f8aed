import { describe, expect, it } from 'vitest';
import { keyText } from '#events/contract/messages.ts';
import { waitingOwners } from '#functions/rule/readiness.ts';
import type { RuleActionSpec, RuleSpec, ServerGroupSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import type { StoredRecord } from '#shared/step/lease.ts';
import { emptyServiceLedger, type ServiceLedger } from '#shared/step/record.ts';
import type { Scene } from '#shared/step/scene.ts';
import { serviceKeyOf } from '#shared/step/service-key.ts';
import { aScene, aStack } from '#test/support/scenes.ts';

const aGroup = (name: string): ServerGroupSpec => {
  const [base] = aStack().groups;
  if (base === undefined) throw new Error('the stack has no group');
  return { ...base, identity: name, members: { namespace: 'shop', service: name, portName: 'http', mode: 'eni' } };
};

const aRule = (actions: readonly RuleActionSpec[], more: Partial<RuleSpec> = {}): RuleSpec => ({
  identity: 'rule',
  owners: [],
  tags: { [tagKeys.owner]: 'cafe' },
  listener: 'HTTP:80',
  direction: 'Request',
  conditions: [],
  actions,
  ...more,
});

/** Groups `full` and `empty`, both of Services with pods. */
function sceneWith(rule: RuleSpec): Scene {
  const stack = aStack({ groups: ['full', 'empty'].map(aGroup), rules: [rule] });
  const recordOf = (service: string, registered: number): readonly [string, StoredRecord<ServiceLedger>] => {
    const key = serviceKeyOf(stack.key.cluster, { namespace: 'shop', service });
    const ledger = { ...emptyServiceLedger, members: { [`sgp-${service}`]: { wanted: 2, registered } } };
    return [keyText(key), { key, ledger, life: '', epoch: 0, claimedUntil: 0, groups: {} }];
  };
  const services = new Map([recordOf('full', 2), recordOf('empty', 0)]);
  // What the rules remember is not looked at here: the scene's own ledger is enough.
  return { ...aScene({ stack, ledger: { groups: { full: 'sgp-full', empty: 'sgp-empty' } } }), services: async () => services };
}

const forward = (...groups: readonly (readonly [string, number])[]): RuleActionSpec => ({
  type: 'ForwardGroup',
  groups: groups.map(([group, weight]) => ({ group, weight })),
});

/** How often the lane of Service `empty` is asked for, while its group is looked at every second for so many seconds. */
async function askedWithin(seconds: number, members: ServiceLedger['members']): Promise<number> {
  const scene = sceneWith(aRule([forward(['empty', 100])]));
  const services = await scene.services();
  const changed = new Map([...services].map(([key, record]) => [key, { ...record, ledger: { ...record.ledger, members } }]));
  let { ledger } = scene;
  let asked = 0;
  for (let second = 0; second <= seconds; second++) {
    const looking: Scene = {
      ...scene,
      ledger,
      services: async () => changed,
      now: () => second * 1000,
      ask: () => {
        asked += 1;
      },
      remember: (change) => {
        ledger = change(ledger);
      },
    };
    await waitingOwners(looking, new Set());
  }
  return asked;
}

const waiting = async (rule: RuleSpec, standing: readonly string[] = []): Promise<readonly string[]> => [
  ...(await waitingOwners(sceneWith(rule), new Set(standing))).values(),
];

describe('a rule waits for the members', () => {
  it('of every group that it forwards to', async () => {
    expect(await waiting(aRule([forward(['full', 100])]))).toEqual([]);
    expect(await waiting(aRule([forward(['full', 90], ['empty', 10])]))).toEqual(['members of shop/empty']);
  });

  it('of a group that it mirrors to', async () => {
    expect(await waiting(aRule([{ type: 'TrafficMirror', groups: [{ group: 'empty' }] }, forward(['full', 100])]))).toEqual([
      'members of shop/empty',
    ]);
  });

  it('but not of one that gets no request, nor of one that was made elsewhere', async () => {
    expect(await waiting(aRule([forward(['full', 100], ['empty', 0])]))).toEqual([]);
    expect(await waiting(aRule([{ type: 'ForwardGroup', groups: [{ serverGroupId: 'sgp-theirs', weight: 100 }] }]))).toEqual([]);
  });

  it('but not where it keeps the actions that it has', async () => {
    const held = aRule([forward(['empty', 100])], { actionsHeld: true });
    expect(await waiting(held)).toEqual(['members of shop/empty']);
    expect(await waiting(held, ['rule'])).toEqual([]);
  });
});

describe('the lane is asked again', () => {
  it('every five seconds when nobody has looked at the group', async () => {
    expect(await askedWithin(4, {})).toBe(0);
    expect(await askedWithin(21, {})).toBe(4);
  });

  it('after twenty when somebody has and nothing came of it: he may have died, and who was to come back with him', async () => {
    const begun = { 'sgp-empty': { wanted: 2, jobId: 'job-1' } };
    expect(await askedWithin(19, begun)).toBe(0);
    expect(await askedWithin(61, begun)).toBe(3);
  });
});
