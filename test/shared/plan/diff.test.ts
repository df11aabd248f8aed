import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diff } from '#shared/plan/diff.ts';
import { asSet, changedFields, ifWanted, nested, scalar } from '#shared/plan/fields.ts';

const items = fc.uniqueArray(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), value: fc.nat(2) }), { selector: (one) => one.id });
interface Item {
  readonly id: string;
  readonly value: number;
}
const id = (one: Item): string => one.id;
const compare = (want: readonly Item[], have: readonly Item[]) =>
  diff(want, have, { desired: id, observed: id, same: (a, b) => a.value === b.value });

describe('a diff', () => {
  it('applied gives what is wanted, and then there is nothing to do', () => {
    fc.assert(
      fc.property(items, items, (want, have) => {
        const { create, update, remove } = compare(want, have);
        const changedTo = new Map(update.map((one) => [one.observed.id, one.desired]));
        const after = [...have.filter((one) => !remove.includes(one)).map((one) => changedTo.get(one.id) ?? one), ...create];
        const byId = (list: readonly Item[]) => [...list].sort((a, b) => a.id.localeCompare(b.id));
        expect(byId(after)).toEqual(byId(want));
        expect(compare(want, after)).toEqual({ create: [], update: [], remove: [] });
      }),
    );
  });

  it('removes the second of two observed things with one identity', () => {
    const twice = [
      { id: 'a', value: 1 },
      { id: 'a', value: 2 },
    ];
    expect(compare([{ id: 'a', value: 1 }], twice)).toEqual({ create: [], update: [], remove: [twice[1]] });
  });
});

describe('a table of fields', () => {
  interface Settings {
    readonly idle: number;
    readonly codes: readonly string[];
    readonly http2?: boolean;
    readonly check: { readonly path: string; readonly port: number };
  }
  const fields = [
    scalar<Settings, 'idle'>('idle'),
    asSet<Settings>('codes', (one) => one.codes),
    ifWanted<Settings, 'http2'>('http2'),
    ...nested('check', (one: Settings) => one.check, [
      scalar<Settings['check'], 'path'>('path'),
      scalar<Settings['check'], 'port'>('port'),
    ]),
  ];
  const settings: Settings = { idle: 15, codes: ['a', 'b'], check: { path: '/', port: 0 } };

  it('names what differs', () => {
    expect(changedFields(fields, settings, { ...settings, idle: 16, codes: ['a'], check: { path: '/', port: 1 } })).toEqual([
      'idle',
      'codes',
      'check.port',
    ]);
  });

  it('ignores the order of sets, and what the user leaves to the service', () => {
    expect(changedFields(fields, settings, { ...settings, codes: ['b', 'a'], http2: true })).toEqual([]);
    expect(changedFields(fields, { ...settings, http2: false }, { ...settings, http2: true })).toEqual(['http2']);
  });
});
