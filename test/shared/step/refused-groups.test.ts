import { describe, expect, it } from 'vitest';
import type { Stack } from '#shared/model/stack.ts';
import type { RefusedGroup } from '#shared/step/record.ts';
import {
  acceptGroup,
  isWithheld,
  makeRoomKnown,
  tryRefusedGroups,
  unrepairedProblems,
  withheldProblems,
} from '#shared/step/refused-groups.ts';
import { aLedger, aStack } from '#test/support/scenes.ts';

const refused = (more: Partial<RefusedGroup> = {}): RefusedGroup => ({
  content: 'content',
  why: { code: 'CLOUD-INVALID', path: 'server group tea', facts: {} },
  until: 1000,
  tries: 1,
  ...more,
});

const applied = { 'server-group': { hash: 'groups' }, rule: { hash: 'rules' } };

describe('a group that was refused', () => {
  it('is withheld while it is not there', () => {
    const ledger = aLedger({ refusedGroups: { tea: refused(), coffee: refused() }, groups: { coffee: 'sgp-1' } });
    expect(['tea', 'coffee', 'milk'].filter((one) => isWithheld(ledger, one))).toEqual(['tea']);
  });

  it('is tried again when its time is over, and not before', () => {
    const ledger = aLedger({ refusedGroups: { tea: refused() }, steps: applied });
    expect(tryRefusedGroups(ledger, 999)).toBe(ledger);
    expect(tryRefusedGroups(ledger, 1000).steps).toEqual({ ...applied, 'server-group': {} });
    const made = { ...ledger, groups: { tea: 'sgp-1' } };
    expect(tryRefusedGroups(made, 1000)).toBe(made);
  });

  it('is tried again at once where another has gone, if there were too many', () => {
    const ledger = aLedger({ refusedGroups: { tea: refused(), milk: refused({ forQuota: true }) }, steps: applied });
    const known = makeRoomKnown(ledger);
    expect(known.refusedGroups).toEqual({ tea: refused(), milk: refused({ forQuota: true, until: 0 }) });
    expect(known.steps['server-group']).toEqual({});
    expect(makeRoomKnown(aLedger({ refusedGroups: { tea: refused() }, steps: applied })).steps).toEqual(applied);
  });

  it('lets in the listener and the rules that were held back for it, once it is made', () => {
    const made = acceptGroup(aLedger({ refusedGroups: { tea: refused() }, steps: applied }), 'tea');
    expect(made.steps).toEqual({ ...applied, listener: {}, rule: {} });
    expect(made.refusedGroups).toBeUndefined();
    expect(acceptGroup(aLedger({ steps: applied }), 'tea').steps).toEqual(applied);
  });

  it('is told to those who own it now, and to those whose rules need it', () => {
    const [group] = aStack().groups;
    if (group === undefined) throw new Error('the stack has no group');
    const owners = ['one', 'two'].map((name) => ({ kind: 'Ingress', namespace: 'shop', name }));
    const ledger = aLedger({ refusedGroups: { [group.identity]: refused(), gone: refused() } });
    const stack = aStack({ groups: [{ ...group, owners }], listeners: [], rules: [] });
    const told = (wanted: Stack) => withheldProblems(ledger, wanted).map(({ object, code, path }) => [object.name, code, path]);
    expect(told(stack)).toEqual([
      ['one', 'CLOUD-INVALID', 'server group tea'],
      ['two', 'CLOUD-INVALID', 'server group tea'],
    ]);
    const [rule] = aStack().rules;
    if (rule === undefined) throw new Error('the stack has no rule');
    const needing = { ...rule, actions: [{ type: 'ForwardGroup', groups: [{ group: group.identity, weight: 100 }] }] } as const;
    const mine = { ...group, owners: rule.owners };
    expect(told({ ...stack, groups: [mine], rules: [needing] })).toEqual([['cafe', 'CLOUD-INVALID', 'server group tea']]);
    expect(unrepairedProblems(ledger, stack)).toEqual([]);
  });
});
