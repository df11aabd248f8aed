import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChainStep, chainSteps, type Phase } from '#events/contract/messages.ts';
import { defaultGroupIdentity } from '#shared/model/build-server-group.ts';
import { collectable, firstHop, firstUnsatisfied, hasChain, hopAfter, isUnderway, wishHash } from '#shared/step/chain.ts';
import { settleSteps } from '#shared/step/ledger.ts';
import type { AlbConfigLedger, StepLedger } from '#shared/step/record.ts';
import { aLedger, aStack } from '#test/support/scenes.ts';

const hashes = { instance: 'i', 'server-group': 'g', listener: 'l', rule: 'r' };
const balancer = { id: 'alb-1', dnsName: 'a.example.com', active: true };

/** Every step verified, but those that are given otherwise. */
const applied = (steps: Partial<Record<ChainStep, StepLedger>> = {}, more: Partial<AlbConfigLedger> = {}): AlbConfigLedger =>
  aLedger({
    loadBalancer: balancer,
    steps: { ...Object.fromEntries(chainSteps.map((step) => [step, { hash: hashes[step] }])), ...steps },
    ...more,
  });

const stack = aStack();
const hop = (step: ChainStep, phase: Phase) => expect.objectContaining({ step, phase });
const surplus = { groups: { 'no-longer': 'sgp-9' } };

describe('where a chain starts', () => {
  it.each<[string, ReturnType<typeof hop> | undefined, Partial<typeof stack>, AlbConfigLedger | undefined]>([
    ['at the top for what nobody has seen', hop('instance', 'apply'), {}, undefined],
    ['nowhere when everything stands', undefined, {}, applied()],
    ['at the first step whose hash does not stand', hop('listener', 'apply'), {}, applied({ listener: { hash: 'old' }, rule: {} })],
    ['at the last when something is not verified', hop('rule', 'apply'), {}, applied({ 'server-group': { target: 'g', applied: true } })],
    ['at the last when a job is not verified', hop('rule', 'apply'), {}, applied({}, { jobs: [{ step: 'rule', jobId: 'j', what: '' }] })],
    ['with collecting when something is left over', hop('listener', 'collect'), {}, applied({}, surplus)],
    ['with the balancer when everything is to go', hop('instance', 'delete'), { want: 'remove' }, applied()],
    ['nowhere when nothing is there that could go', undefined, { want: 'remove' }, undefined],
    ['nowhere when it was removed and Ingresses still name it', undefined, { want: 'remove' }, aLedger({ removed: true })],
    [
      'once more when it was removed and nobody names it',
      hop('instance', 'delete'),
      { want: 'remove', ingresses: [] },
      aLedger({ removed: true }),
    ],
    ['nowhere while paused', undefined, { mode: 'paused' }, undefined],
    ['nowhere while the AlbConfig is wrong', undefined, { want: 'hold' }, applied({ rule: {} })],
  ])('%s', (_title, wanted, change, ledger) => {
    expect(firstHop({ ...stack, ...change }, ledger, hashes)).toEqual(wanted);
  });
});

describe('where a chain goes', () => {
  it.each<[string, ReturnType<typeof hop> | undefined, ChainStep, Phase, AlbConfigLedger]>([
    ['up, one step at a time', hop('listener', 'apply'), 'server-group', 'apply', applied({ listener: {}, rule: {} })],
    ['past what stands', hop('rule', 'apply'), 'instance', 'apply', applied({ rule: {} })],
    ['back to what was forgotten on the way', hop('instance', 'apply'), 'rule', 'apply', applied({ instance: {}, listener: {}, rule: {} })],
    [
      'on when writes were accepted, before they are verified',
      hop('rule', 'apply'),
      'listener',
      'apply',
      applied({ listener: { target: 'l', applied: true }, rule: {} }),
    ],
    ['to the last step for verification', hop('rule', 'apply'), 'rule', 'apply', applied({ rule: { target: 'r', applied: true } })],
    ['to an end', undefined, 'rule', 'apply', applied()],
    ['to collecting', hop('listener', 'collect'), 'rule', 'apply', applied({}, surplus)],
    ['from listeners to groups', hop('server-group', 'collect'), 'listener', 'collect', applied({}, surplus)],
    ['from groups to an end, even when they could not go yet', undefined, 'server-group', 'collect', applied({}, surplus)],
    [
      'from collecting to a wish that has changed meanwhile',
      hop('listener', 'apply'),
      'listener',
      'collect',
      applied({ listener: { hash: 'old' } }),
    ],
    [
      'from the end of collecting to a wish that has changed meanwhile',
      hop('rule', 'apply'),
      'server-group',
      'collect',
      applied({ rule: { hash: 'old' } }),
    ],
    ['down from the balancer to the groups', hop('server-group', 'delete'), 'instance', 'delete', aLedger()],
    ['down to an end', undefined, 'server-group', 'delete', aLedger()],
  ])('%s', (_title, wanted, step, phase, ledger) => {
    expect(hopAfter({ step, phase }, stack, ledger, hashes, 0)).toEqual(wanted);
  });

  it('gives a new balancer its moment before the listeners, and a started job a second', () => {
    const made = applied({ listener: {}, rule: {} }, { loadBalancer: { ...balancer, active: false, createdAt: 10_000 } });
    expect(hopAfter({ step: 'server-group', phase: 'apply' }, stack, made, hashes, 10_500)?.delaySeconds).toBe(3);
    const started = applied({ rule: {} }, { jobs: [{ step: 'listener', jobId: 'j', what: '' }] });
    expect(hopAfter({ step: 'listener', phase: 'apply' }, stack, started, hashes, 10_500)?.delaySeconds).toBe(1);
  });

  it('comes to an end from any state, when every step does its part', () => {
    const entry = fc.constantFrom<StepLedger>({}, { hash: 'old' }, { target: 'old', applied: true }, { target: 'old' });
    fc.assert(
      fc.property(
        fc.record({ instance: entry, 'server-group': entry, listener: entry, rule: entry }),
        fc.constantFrom(...chainSteps),
        (steps, start) => {
          let ledger = applied(steps);
          let next: { readonly step: ChainStep; readonly phase: Phase } | undefined = { step: start, phase: 'apply' };
          const visited: ChainStep[] = [];
          while (next !== undefined && visited.length < 20) {
            visited.push(next.step);
            const { step }: { readonly step: ChainStep } = next;
            // What a step does when it is its turn: apply, and verify.
            if (firstUnsatisfied(ledger, hashes) === step)
              ledger = { ...ledger, steps: { ...ledger.steps, [step]: { target: hashes[step], applied: true } } };
            ledger = settleSteps(ledger);
            next = hopAfter(next, stack, ledger, hashes, 0);
          }
          expect(next).toBeUndefined();
          expect(firstUnsatisfied(ledger, hashes)).toBeUndefined();
          expect(visited.length).toBeLessThanOrEqual(2 * chainSteps.length);
        },
      ),
    );
  });
});

describe('a chain under way', () => {
  const underway = { chain: 'a', step: 'rule', wish: wishHash(hashes), at: 1_000_000 } as const;

  it('is not started twice for one wish', () => {
    expect(isUnderway(aLedger({ underway }), hashes, 1_000_001)).toBe(true);
    expect(isUnderway(aLedger({ underway }), { ...hashes, rule: 'another' }, 1_000_001)).toBe(false);
    expect(isUnderway(aLedger(), hashes, 1_000_001)).toBe(false);
  });

  it('is taken for lost when nothing was heard of it for a quarter of an hour', () => {
    expect(hasChain(aLedger({ underway }), 1_000_000 + 15 * 60_000 - 1)).toBe(true);
    expect(hasChain(aLedger({ underway }), 1_000_000 + 15 * 60_000)).toBe(false);
    expect(isUnderway(aLedger({ underway }), hashes, 1_000_000 + 15 * 60_000)).toBe(false);
  });
});

describe('what is collected', () => {
  const [group] = stack.groups;
  const [listener] = stack.listeners;
  const wanted = { groups: { [group?.identity ?? '']: 'sgp-1' }, listeners: { [listener?.identity ?? '']: 'lsn-1' } };

  it('is nothing that is wanted', () => {
    expect(collectable(stack, aLedger(wanted))).toEqual({ listeners: [], groups: [] });
  });

  it('is what is wanted no more', () => {
    const ledger = aLedger({ groups: { ...wanted.groups, old: 'sgp-2' }, listeners: { ...wanted.listeners, 'HTTP:81': 'lsn-2' } });
    expect(collectable(stack, ledger)).toEqual({ listeners: ['HTTP:81'], groups: ['old'] });
  });

  it('is no group that a rule in the cloud points to, and no listener that is held', () => {
    const ledger = aLedger({ groups: { old: 'sgp-2' }, groupsInRules: ['sgp-2'], listeners: { 'HTTPS:443': 'lsn-2' } });
    expect(collectable({ ...stack, heldListeners: ['HTTPS:443'] }, ledger)).toEqual({ listeners: [], groups: [] });
  });

  it('is no default group of a listener that is held, which points to it', () => {
    const group = defaultGroupIdentity('HTTPS', 443, stack.key.name);
    const ledger = aLedger({ groups: { [group]: 'sgp-3' }, listeners: { 'HTTPS:443': 'lsn-2' } });
    expect(collectable({ ...stack, heldListeners: ['HTTPS:443'] }, ledger)).toEqual({ listeners: [], groups: [] });
    expect(collectable(stack, ledger)).toEqual({ listeners: ['HTTPS:443'], groups: [group] });
  });
});
