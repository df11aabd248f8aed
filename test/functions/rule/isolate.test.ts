import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Item, sendIsolating } from '#functions/rule/isolate.ts';
import { contentOf } from '#functions/rule/refused.ts';
import type { RuleSettings } from '#shared/cloud/alb/port.ts';
import { CloudFailure, type FailureClass } from '#shared/cloud/failure.ts';
import type { RuleSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import { digestJobs } from '#shared/step/jobs.ts';
import type { Suspects } from '#shared/step/record.ts';
import { aLedger } from '#test/support/scenes.ts';

const aFailure = (failure: FailureClass, code: string): CloudFailure =>
  new CloudFailure(failure, { action: 'CreateRules', code, detail: '', requestId: 'R' });

/** Rule `name` of Ingress `owner`; `foreign`: it names a group made elsewhere. */
const anItem = (name: string, owner = name, foreign = false): Item<RuleSettings> => ({
  rule: { ruleName: name, priority: 1, ruleConditions: [{ type: 'Path', pathConfig: { values: [`/${name}`] } }], ruleActions: [] },
  spec: {
    identity: name,
    owners: [{ kind: 'Ingress', namespace: 'shop', name: owner }],
    tags: { [tagKeys.owner]: owner },
    listener: 'HTTP:80',
    direction: 'Request',
    conditions: [],
    actions: [{ type: 'ForwardGroup', groups: [foreign ? { serverGroupId: 'sgp-x', weight: 100 } : { group: 'ours', weight: 100 }] }],
  } satisfies RuleSpec,
});

interface Told {
  readonly sent: string[];
  readonly convicted: string[];
  calls: number;
  rounds: number;
}

/** Rounds of what is left to send, as the messages of a chain do it: accepted rules and convicted Ingresses are not in the next. */
async function rounds(items: readonly Item<RuleSettings>[], refuse: (names: readonly string[]) => CloudFailure | undefined): Promise<Told> {
  const told: Told = { sent: [], convicted: [], calls: 0, rounds: 0 };
  let rest = items;
  let suspects: Suspects | undefined;
  for (; rest.length > 0 && told.rounds < 1000; told.rounds += 1) {
    let accepted = 0;
    await sendIsolating({
      items: rest,
      suspects,
      send: async (rules) => {
        told.calls += 1;
        const names = rules.map((rule) => rule.ruleName);
        const refusal = refuse(names);
        if (refusal !== undefined) throw refusal;
        accepted += 1;
        told.sent.push(...names);
      },
      convict: ({ rule }) => told.convicted.push(rule.ruleName),
      suspect: (next) => {
        suspects = next;
      },
    });
    expect(accepted).toBeLessThanOrEqual(1);
    const ended = new Set([...told.sent, ...told.convicted]);
    const owners = new Set(told.convicted.map((name) => items.find((one) => one.rule.ruleName === name)?.spec?.tags[tagKeys.owner]));
    rest = rest.filter(({ rule, spec }) => !ended.has(rule.ruleName) && !owners.has(spec?.tags[tagKeys.owner]));
  }
  return told;
}

interface Jobs {
  readonly convicted: string[];
  readonly made: string[];
  calls: number;
}

/** The same where every call is accepted and its job may fail: `fails` is asked once a job. */
async function jobRounds(items: readonly Item<RuleSettings>[], fails: (names: readonly string[], call: number) => boolean): Promise<Jobs> {
  const told: Jobs = { convicted: [], made: [], calls: 0 };
  let ledger = aLedger();
  for (let round = 0; round < 1000; round += 1) {
    const rest = items.filter(({ rule }) => !told.made.includes(rule.ruleName) && !told.convicted.includes(rule.ruleName));
    if (rest.length === 0) return told;
    let failed = false;
    let names: readonly string[] = [];
    await sendIsolating({
      items: rest,
      suspects: ledger.suspects?.['HTTP:80'],
      send: async (rules, failures) => {
        names = rules.map((rule) => rule.ruleName);
        failed = fails(names, told.calls);
        told.calls += 1;
        const written = { listener: 'HTTP:80' as const, count: rules.length, content: contentOf(rules), failures };
        ledger = { ...ledger, jobs: [{ step: 'rule', jobId: 'j', what: '', rules: written }] };
      },
      convict: ({ rule }) => told.convicted.push(rule.ruleName),
      suspect: (next) => {
        ledger = { ...ledger, suspects: next === undefined ? {} : { 'HTTP:80': next } };
      },
    });
    if (!failed) told.made.push(...names);
    const status = failed ? 'Failed' : 'Succeeded';
    ledger = digestJobs(ledger, [{ jobId: 'j', status, resourceType: 'rule', resourceId: '', errorCode: 'OperationFailed.Some' }]);
  }
  return told;
}

const refusing =
  (guilty: ReadonlySet<string>) =>
  (names: readonly string[]): CloudFailure | undefined =>
    names.some((name) => guilty.has(name)) ? aFailure('invalid', 'IllegalParam.RuleConditions') : undefined;

const batch = (count: number): readonly Item<RuleSettings>[] => Array.from({ length: count }, (_, index) => anItem(`r${index}`));

describe('isolating what the service refuses', () => {
  it('convicts exactly the guilty, sends the others in their order, and never twice', async () => {
    const question = fc
      .integer({ min: 1, max: 100 })
      .chain((count) => fc.tuple(fc.constant(count), fc.uniqueArray(fc.nat({ max: count - 1 }), { maxLength: 5 })));
    await fc.assert(
      fc.asyncProperty(question, async ([count, places]) => {
        const guilty = new Set(places.map((place) => `r${place}`));
        const told = await rounds(batch(count), refusing(guilty));
        expect([...told.convicted].sort()).toEqual([...guilty].sort());
        expect(told.sent).toEqual(batch(count).flatMap(({ rule }) => (guilty.has(rule.ruleName) ? [] : [rule.ruleName])));
        expect(told.calls).toBeLessThanOrEqual(1 + guilty.size * (Math.ceil(Math.log2(count)) + 3));
      }),
    );
  });

  it('convicts exactly those whose jobs fail every time, whatever fails by chance, and makes the others', async () => {
    const question = fc.integer({ min: 1, max: 100 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        places: fc.uniqueArray(fc.nat({ max: count - 1 }), { maxLength: 4 }),
        // Never two in a row: that is not by chance any more.
        chances: fc.uniqueArray(
          fc.nat({ max: 15 }).map((half) => 2 * half),
          { maxLength: 6 },
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(question, async ({ count, places, chances }) => {
        const guilty = new Set(places.map((place) => `r${place}`));
        const unlucky = new Set(chances);
        let former = false;
        const told = await jobRounds(batch(count), (names, call) => {
          const byChance = unlucky.has(call) && !former;
          former = byChance || names.some((name) => guilty.has(name));
          return former;
        });
        expect([...told.convicted].sort()).toEqual([...guilty].sort());
        expect(told.made).toHaveLength(count - guilty.size);
        const each = Math.ceil(Math.log2(count)) + 4;
        expect(told.calls).toBeLessThanOrEqual(1 + (guilty.size + chances.length) * each);
      }),
    );
  });

  it('finds any one of a hundred with at most ten calls', async () => {
    const costs = await Promise.all(
      Array.from({ length: 100 }, async (_, place) => (await rounds(batch(100), refusing(new Set([`r${place}`])))).calls),
    );
    expect(Math.max(...costs)).toBeLessThanOrEqual(10);
  });

  it('convicts an Ingress once, however many of its rules are guilty', async () => {
    const items = batch(20).map((item, index) => (index >= 5 && index < 15 ? anItem(`r${index}`, 'bad') : item));
    const told = await rounds(items, refusing(new Set(Array.from({ length: 10 }, (_, index) => `r${index + 5}`))));
    expect(told.convicted).toEqual(['r5']);
    expect(told.sent).toHaveLength(10);
  });

  it('blames a rule for a group that is not there only where the rule names one that was made elsewhere', async () => {
    const missing = aFailure('not-found', 'ResourceNotFound.ServerGroup');
    const foreign = await rounds([anItem('a'), anItem('b', 'b', true)], (names) => (names.includes('b') ? missing : undefined));
    expect(foreign).toMatchObject({ sent: ['a'], convicted: ['b'] });
    await expect(rounds([anItem('a'), anItem('b')], () => missing)).rejects.toBe(missing);
    const ours = (names: readonly string[]) => (names.includes('a') ? missing : undefined);
    await expect(rounds([anItem('a'), anItem('b', 'b', true)], ours)).rejects.toBe(missing);
  });

  const blameless: readonly (readonly [FailureClass, string])[] = [
    ['throttled', 'Throttling.User'],
    ['busy', 'IncorrectStatus.Listener'],
    ['conflict', 'Conflict.Priority'],
    ['not-found', 'ResourceNotFound.Listener'],
    ['quota', 'ResourceQuotaExceeded.LoadBalancerRulesNum'],
    ['transport', ''],
    ['forbidden', 'NoPermission'],
    ['invalid', 'InvalidAction.NotFound'],
  ];
  for (const [failure, code] of blameless) {
    it(`blames no rule for ${failure} ${code}`, async () => {
      const thrown = aFailure(failure, code);
      await expect(rounds([anItem('a', 'a', true)], () => thrown)).rejects.toBe(thrown);
    });
  }

  for (const code of ['QuotaExceeded.RuleWildcardsNum', 'ResourceQuotaExceeded.ServerGroupAttachedNum']) {
    it(`blames the rule that is over ${code}`, async () => {
      const told = await rounds(batch(8), (names) => (names.includes('r3') ? aFailure('quota', code) : undefined));
      expect(told.convicted).toEqual(['r3']);
    });
  }

  it('comes to its end where the service takes two calls at a time, refused ones counted', async () => {
    let left = 0;
    const convicted: string[] = [];
    const made: string[] = [];
    let suspects: Suspects | undefined;
    for (let run = 0; run < 30 && made.length + convicted.length < 50; run += 1) {
      left = 2;
      const rest = batch(50).filter(({ rule }) => ![...convicted, ...made].includes(rule.ruleName));
      const isolation = {
        items: rest,
        suspects,
        send: async (rules: readonly RuleSettings[]) => {
          const names = rules.map((rule) => rule.ruleName);
          left -= 1;
          if (left < 0) throw aFailure('throttled', 'Throttling.User');
          if (names.includes('r30')) throw aFailure('invalid', 'IllegalParam.RuleConditions');
          made.push(...names);
        },
        convict: ({ rule }: Item<RuleSettings>) => convicted.push(rule.ruleName),
        suspect: (next: Suspects | undefined) => {
          suspects = next;
        },
      };
      await sendIsolating(isolation).catch((error: unknown) => expect(error).toMatchObject({ failure: 'throttled' }));
    }
    expect(convicted).toEqual(['r30']);
    expect(made).toHaveLength(49);
  });

  it('tries at most twenty refusals in one run, and goes on in the next', async () => {
    const items = batch(100);
    const told = await rounds(items, refusing(new Set(items.map(({ rule }) => rule.ruleName))));
    expect(told.convicted).toHaveLength(100);
    expect(told.calls).toBeLessThanOrEqual(20 * told.rounds);
    // A crowd costs hardly more than a call each.
    expect(told.calls).toBeLessThanOrEqual(200);
  });
});
