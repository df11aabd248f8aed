import { describe, expect, it } from 'vitest';
import {
  beginRemoval,
  beginStep,
  expectResponseRules,
  forgetAll,
  forgetContents,
  forgetLoadBalancer,
  forgetStep,
  isQuiet,
  isRemovalBegun,
  markApplied,
  settleSteps,
} from '#shared/step/ledger.ts';
import { aLedger } from '#test/support/scenes.ts';

const balancer = { id: 'alb-1', dnsName: 'a.example.com', active: true };
const job = (step: 'listener' | 'rule') => ({ step, jobId: `job-${step}`, what: 'x' });

describe('beginning a step', () => {
  it('of a pass that was cut short looks up what it may have made, and of one that was not keeps what it knows', () => {
    const groups = { web: 'sgp-1' };
    const cutShort = beginStep(aLedger({ groups }), 'server-group', 'new');
    expect(cutShort.groups).toEqual(groups);
    expect(beginStep(cutShort, 'server-group', 'new').groups).toEqual({});
    expect(beginStep(cutShort, 'rule', 'new').groups).toEqual(groups);
  });

  it('clears the verified hash and counts a new intent', () => {
    const begun = beginStep(aLedger({ steps: { rule: { hash: 'old' } } }), 'rule', 'new');
    expect(begun).toMatchObject({ incarnation: 1, steps: { rule: { target: 'new' } } });
    expect(begun.steps.rule).not.toHaveProperty('hash');
  });

  it('keeps the incarnation when the same intent is tried again, so that its tokens are the same', () => {
    const begun = beginStep(aLedger(), 'rule', 'new');
    expect(beginStep(begun, 'rule', 'new').incarnation).toBe(begun.incarnation);
    expect(beginStep(begun, 'rule', 'newer').incarnation).toBe(begun.incarnation + 1);
  });

  it('never repeats an incarnation when a wish goes and comes back', () => {
    const one = beginStep(aLedger(), 'rule', 'a');
    const two = beginStep(settleSteps(markApplied(one, 'rule')), 'rule', 'b');
    const three = beginStep(settleSteps(markApplied(two, 'rule')), 'rule', 'a');
    expect(new Set([one, two, three].map((each) => each.incarnation)).size).toBe(3);
  });

  it('does not take its own things for untouched any more, nor a removal for agreed that was about another wish', () => {
    const ledger = aLedger({ untouched: ['listener', 'rule'], removalAsked: { target: 'old', at: 1 }, removed: true });
    const begun = beginStep(ledger, 'listener', 'new');
    expect(begun).toMatchObject({ untouched: ['rule'], removed: false });
    expect(begun).not.toHaveProperty('removalAsked');
    const asked = { ...begun, removalAsked: { target: 'new', at: 2 } };
    expect(beginStep(asked, 'listener', 'new').removalAsked).toEqual({ target: 'new', at: 2 });
  });
});

describe('settling steps', () => {
  const applying = (more = {}) => markApplied(beginStep(aLedger({ loadBalancer: balancer, ...more }), 'rule', 'new'), 'rule');

  it('turns a target into a hash when its writes were accepted and no job of it is left', () => {
    expect(settleSteps(applying()).steps.rule).toEqual({ hash: 'new' });
    expect(settleSteps(applying({ jobs: [job('listener')] })).steps.rule).toEqual({ hash: 'new' });
  });

  it('does not while a job of the step is left, or not every write was accepted', () => {
    expect(settleSteps(applying({ jobs: [job('rule')] })).steps.rule).toEqual({ target: 'new', applied: true });
    expect(settleSteps(beginStep(aLedger(), 'rule', 'new')).steps.rule).toEqual({ target: 'new' });
  });

  it('waits for the balancer to be active before its step counts', () => {
    const made = (active: boolean) =>
      markApplied(beginStep(aLedger({ loadBalancer: { ...balancer, active } }), 'instance', 'new'), 'instance');
    expect(settleSteps(made(false)).steps.instance).toEqual({ target: 'new', applied: true });
    expect(settleSteps(made(true)).steps.instance).toEqual({ hash: 'new' });
  });

  it('is quiet only when nothing is left to verify or to finish', () => {
    expect(isQuiet(settleSteps(applying()))).toBe(true);
    expect(isQuiet(applying())).toBe(false);
    expect(isQuiet(aLedger({ jobs: [job('rule')] }))).toBe(false);
  });
});

describe('certificates of listeners', () => {
  const certificates = { 'lsn-1': '1-cn-local' };

  it('are remembered by the next pass over listeners, when the last one came to its end', () => {
    expect(beginStep(aLedger({ certificates, steps: { listener: { hash: 'old' } } }), 'listener', 'new').certificates).toEqual(
      certificates,
    );
    expect(beginStep(aLedger({ certificates, steps: { listener: { target: 'a' } } }), 'rule', 'new').certificates).toEqual(certificates);
  });

  it('are read again after a pass that was cut short, and when drift is looked for', () => {
    expect(beginStep(aLedger({ certificates, steps: { listener: { target: 'a' } } }), 'listener', 'b').certificates).toEqual({});
    expect(forgetContents(aLedger({ certificates })).certificates).toEqual({});
    expect(forgetAll(aLedger({ certificates })).certificates).toEqual({});
  });
});

describe('forgetting', () => {
  const full = aLedger({
    incarnation: 4,
    loadBalancer: balancer,
    groups: { g: 'sgp-1' },
    listeners: { l: 'lsn-1' },
    groupsInRules: ['sgp-1'],
    jobs: [job('listener'), job('rule')],
    untouched: ['rule'],
    steps: { instance: { hash: 'i' }, rule: { hash: 'r' } },
  });

  it('of one step drops its jobs and hash, and begins a new intent', () => {
    const after = forgetStep(full, 'rule');
    expect(after).toMatchObject({ incarnation: 5, jobs: [job('listener')], steps: { instance: { hash: 'i' }, rule: {} } });
    expect(after.steps.rule).toEqual({});
  });

  it('of everything keeps the balancer, and what Ingresses were told', () => {
    expect(forgetAll(full)).toMatchObject({ loadBalancer: balancer, groups: {}, listeners: {}, jobs: [], steps: {}, untouched: [] });
  });

  it('of contents keeps the balancer verified', () => {
    expect(forgetContents(full)).toMatchObject({ steps: { instance: { hash: 'i' } }, groups: {}, listeners: {} });
    expect(forgetContents(aLedger()).steps).toEqual({});
  });

  it('of the balancer makes the chain start at the top, with tokens of its own', () => {
    const after = forgetLoadBalancer(full);
    expect(after).not.toHaveProperty('loadBalancer');
    expect(after).toMatchObject({ incarnation: 5, listeners: {}, groupsInRules: [], groups: { g: 'sgp-1' } });
    expect(after.steps.instance).toEqual({});
  });

  it('before a removal makes a wish that comes back look at everything, and marks the balancer as leaving', () => {
    expect(isRemovalBegun(full)).toBe(false);
    const after = beginRemoval(full);
    expect(after).toMatchObject({ steps: {}, groups: {}, loadBalancer: { id: 'alb-1', leaving: true }, incarnation: 5 });
    expect(isRemovalBegun(after)).toBe(true);
    expect(isRemovalBegun(aLedger())).toBe(true);
  });
});

describe('what is remembered of rules', () => {
  const refused = { r1: { content: 'c', problems: [], at: 1 } };
  const known = aLedger({ refused, noResponseRules: true, steps: { listener: { hash: 'l' }, rule: { hash: 'r' } } });

  it('is tried again when listeners or the ALB become others, and not when they are only looked at again', () => {
    for (const step of ['listener', 'instance'] as const) {
      const changed = beginStep({ ...known, steps: { ...known.steps, [step]: { hash: 'before' } } }, step, 'after');
      expect(changed).not.toHaveProperty('refused');
      expect(changed.steps.rule).toEqual({});
    }
    expect(beginStep(known, 'listener', 'l')).toMatchObject({ refused, steps: { rule: { hash: 'r' } } });
    expect(beginStep(forgetContents(known), 'listener', 'l')).toMatchObject({ refused });
    expect(beginStep(known, 'rule', 'other')).toMatchObject({ refused });
    expect(beginStep(known, 'server-group', 'other')).toMatchObject({ refused });
  });

  it('does not say that there are no rules on answers once there may be some', () => {
    expect(expectResponseRules(known)).not.toHaveProperty('noResponseRules');
    for (const forgotten of [forgetAll(known), forgetLoadBalancer({ ...known, loadBalancer: balancer })]) {
      expect(forgotten).not.toHaveProperty('noResponseRules');
    }
    expect(forgetContents(known).noResponseRules).toBe(true);
  });

  it('of another ALB is nothing', () => {
    expect(forgetLoadBalancer({ ...known, loadBalancer: balancer })).not.toHaveProperty('refused');
  });
});
