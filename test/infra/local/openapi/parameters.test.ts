import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growBag } from '#infra/local/openapi/bag.ts';
import { ServiceError } from '#infra/local/openapi/service-error.ts';
import { type ObjectShape, readParameters, type Value } from '#infra/local/openapi/shape.ts';

const shape: ObjectShape = {
  members: {
    Name: 'string',
    Port: 'number',
    DryRun: 'boolean',
    Ids: { list: 'string' },
    Rules: { list: { members: { Priority: 'number', Values: { list: { members: { Key: 'string' } } } } } },
    Config: { members: { Enabled: 'boolean' } },
  },
};
const read = (params: Readonly<Record<string, string>>) => readParameters(shape, growBag(Object.entries(params)));
const codeOf = (params: Readonly<Record<string, string>>): string => {
  try {
    read(params);
    return '';
  } catch (error) {
    return error instanceof ServiceError ? error.code : 'another error';
  }
};

/** As the SDK flattens: lists from 1, objects with dots, empty lists and objects not at all. */
const flatten = (value: Value, name = ''): readonly (readonly [string, string])[] => {
  if (typeof value !== 'object') return [[name, String(value)]];
  const at = (key: string | number) => (name === '' ? String(key) : `${name}.${key}`);
  if (Array.isArray(value)) return value.flatMap((one: Value, index) => flatten(one, at(index + 1)));
  return Object.entries(value).flatMap(([key, one]) => flatten(one, at(key)));
};

describe('the parameters of a call', () => {
  it('come back as they were flattened', () => {
    const rule = fc.record({ Priority: fc.nat(), Values: fc.array(fc.record({ Key: fc.string() }), { minLength: 1, maxLength: 12 }) });
    const any = fc.record(
      {
        Name: fc.string(),
        Port: fc.integer({ min: -99_999, max: 99_999 }),
        DryRun: fc.boolean(),
        Ids: fc.array(fc.string(), { minLength: 1, maxLength: 12 }),
        Rules: fc.array(rule, { minLength: 1, maxLength: 12 }),
        Config: fc.record({ Enabled: fc.boolean() }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(any, (value) => {
        expect(read(Object.fromEntries(flatten(value)))).toEqual(value);
      }),
    );
  });

  it('may have gaps in their lists, in any order of arrival', () => {
    expect(read({ 'Ids.10': 'c', 'Ids.1': 'a', 'Ids.3': 'b' })).toEqual({ Ids: ['a', 'b', 'c'] });
  });

  it('are refused when the action does not know them, even under names that every object has', () => {
    expect(codeOf({ Nmae: 'x' })).toBe('InvalidParameter');
    expect(codeOf({ 'Rules.1.Prioritty': '1' })).toBe('InvalidParameter');
    for (const name of ['__proto__', 'constructor', 'toString', '__proto__.polluted'])
      expect(codeOf({ [name]: 'x' })).toBe('InvalidParameter');
  });

  it.each([
    [{ Port: '80a' }, 'IllegalParam.Port'],
    [{ Port: '' }, 'IllegalParam.Port'],
    [{ Port: '8.5' }, 'IllegalParam.Port'],
    [{ DryRun: 'True' }, 'IllegalParam.DryRun'],
    [{ DryRun: '1' }, 'IllegalParam.DryRun'],
    [{ Ids: 'a' }, 'IllegalParam.Ids'],
    [{ 'Ids.0': 'a' }, 'IllegalParam.Ids'],
    [{ 'Ids.one': 'a' }, 'IllegalParam.Ids'],
    [{ 'Name.1': 'a' }, 'IllegalParam.Name'],
    [{ Config: 'on' }, 'IllegalParam.Config'],
    [{ 'Rules.2.Priority': 'x' }, 'IllegalParam.Priority'],
    [{ Config: 'x', 'Config.Enabled': 'true' }, 'InvalidParameter'],
  ])('are refused when they are not of their type: %j', (params, code) => {
    expect(codeOf(params)).toBe(code);
  });

  it('are refused when one is given in query and form', () => {
    expect(() =>
      growBag([
        ['Name', 'a'],
        ['Name', 'b'],
      ]),
    ).toThrow(ServiceError);
  });
});
