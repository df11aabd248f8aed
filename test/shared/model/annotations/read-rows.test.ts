import { describe, expect, it } from 'vitest';
import { albPrefix } from '#shared/model/annotations/annotation.ts';
import { rowsReader } from '#shared/model/annotations/read-rows.ts';
import { trafficLimit } from '#shared/model/annotations/traffic-limit.ts';
import { anIngress } from '#test/support/objects.ts';

const read = rowsReader(trafficLimit);
const [qps, ipQps] = [trafficLimit.qps.keys[0], trafficLimit.ipQps.keys[0]];
const carrying = (annotations: Readonly<Record<string, string>>) =>
  anIngress({ annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key.slice(albPrefix.length), value])) });

describe('the rows of a table', () => {
  it('have their defaults on an object that carries none of them', () => {
    expect(read(carrying({}))).toEqual({ values: { qps: undefined, ipQps: undefined }, written: [], problems: [] });
  });

  it('have the values that are written, and those say which', () => {
    expect(read(carrying({ [ipQps]: '5' }))).toEqual({ values: { qps: undefined, ipQps: 5 }, written: [trafficLimit.ipQps], problems: [] });
  });

  it('have their defaults where a value is refused, which is a problem', () => {
    const { values, written, problems } = read(carrying({ [qps]: 'many', [ipQps]: '5' }));
    expect(values).toEqual({ qps: undefined, ipQps: 5 });
    expect(written).toEqual([trafficLimit.qps, trafficLimit.ipQps]);
    expect(problems.map((one) => [one.code, one.facts['annotation']])).toEqual([['ANNOTATION-INVALID', qps]]);
  });
});
