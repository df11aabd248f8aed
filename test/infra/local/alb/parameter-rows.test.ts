/** Every row about a parameter refuses what it is for, in a request that is accepted otherwise. */
import { describe, expect, it } from 'vitest';
import { checkParameters } from '#infra/local/alb/check-parameters.ts';
import { type ParameterRow, parameterRows } from '#infra/local/alb/parameter-rows.ts';
import { albShape, instancesShape, networkInterfacesShape, vSwitchesShape } from '#infra/local/alb/shapes.ts';
import { growBag } from '#infra/local/openapi/bag.ts';
import { ServiceError } from '#infra/local/openapi/service-error.ts';
import { type ObjectShape, type Parameters, readParameters, type Value } from '#infra/local/openapi/shape.ts';
import { flatten, type SampledAction, sample, sampledActions, type Wire } from './samples.ts';

const neighbours: Readonly<Record<string, ObjectShape>> = {
  DescribeVSwitches: vSwitchesShape,
  DescribeNetworkInterfaces: networkInterfacesShape,
  DescribeInstances: instancesShape,
};
const shapeOf = (action: string) => neighbours[action] ?? albShape(action);

/** Without the wire between: an object that has become empty would not be sent, and its parent would be missing instead. */
const codeOf = (action: SampledAction, params: Wire): string => {
  try {
    // What is sampled is an object with names.
    checkParameters(action, params as Parameters);
    return '';
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
};

/** The request with one parameter exchanged, or taken out. Of a list, the first element. */
function spoilt(params: Wire, path: readonly string[], value: Wire | undefined): Wire {
  const [step = '', ...rest] = path;
  if (typeof params !== 'object' || Array.isArray(params)) throw new Error(`no object at ${path.join('.')}`);
  // Not a list, so it has names.
  const object = params as { readonly [name: string]: Wire };
  const name = step.replace('[]', '');
  const inside = object[name];
  const put = (changed: Wire | undefined): Wire => {
    const { [name]: _, ...others } = object;
    return changed === undefined ? others : { ...others, [name]: changed };
  };
  if (!step.endsWith('[]')) return put(rest.length === 0 ? value : spoilt(inside ?? {}, rest, value));
  const [first = {}, ...more] = Array.isArray(inside) ? inside : [];
  return put([rest.length === 0 ? (value ?? '') : spoilt(first, rest, value), ...more]);
}

const candidates: readonly Value[] = [
  'Nonsense!',
  'acs:key',
  'http://x',
  'x'.repeat(300),
  -1,
  0,
  1_000_000,
  Array.from({ length: 201 }, (_, index) => `x-${index}`),
];

/** Something that the row refuses, of the parameter's own type. */
function badFor(row: ParameterRow, good: Wire | undefined): Wire {
  const { must } = row;
  if (must === 'required') throw new Error('is about absence');
  const elements = Array.isArray(good) ? Array.from({ length: 201 }, () => good[0]) : undefined;
  const bad = [...(elements === undefined ? [] : [elements]), ...candidates].find(
    (one) => typeof one === typeof good && Array.isArray(one) === Array.isArray(good) && !must.holds(one),
  );
  if (bad === undefined) throw new Error(`nothing found that "${must.says}" refuses for ${row.parameter}`);
  // Values and what flattens to them have the same form.
  return bad as Wire;
}

const at = (params: Wire, path: readonly string[]): Wire | undefined => {
  const [step, ...rest] = path;
  if (step === undefined) return params;
  const inside =
    typeof params === 'object' && !Array.isArray(params)
      ? (params as { readonly [name: string]: Wire })[step.replace('[]', '')]
      : undefined;
  return inside === undefined ? undefined : at(step.endsWith('[]') && Array.isArray(inside) ? (inside[0] ?? '') : inside, rest);
};

describe.each(sampledActions)('%s', (action) => {
  const rows = parameterRows.filter((row) => row.actions.includes(action));

  it('takes its sample', () => {
    expect(readParameters(shapeOf(action), growBag(flatten(sample(action))))).toEqual(sample(action));
    expect(codeOf(action, sample(action))).toBe('');
  });

  it.each(rows.filter((row) => row.must === 'required').map((row) => row.parameter))('needs %s', (parameter) => {
    const name = parameter.split('.').at(-1) ?? parameter;
    expect(codeOf(action, spoilt(sample(action), parameter.split('.'), undefined))).toBe(`MissingParam.${name}`);
  });

  const limits = rows.filter((row) => row.must !== 'required' && !/Alias$|Certificates$/.test(row.parameter));
  it.each(limits.map((row) => [row.parameter, row] as const))('limits %s', (parameter, row) => {
    const path = parameter.split('.');
    const good = at(sample(action), path);
    expect(good, 'the sample has the parameter').toBeDefined();
    const name = (path.at(-1) ?? parameter).replace('[]', '');
    expect(codeOf(action, spoilt(sample(action), path, badFor(row, good)))).toBe(`IllegalParam.${name}`);
  });
});

it('limits the settings that HTTP listeners do not have', () => {
  const https = { ...sample('CreateListener'), ListenerProtocol: 'HTTPS' };
  const two = [{ CertificateId: '1-cn-local' }, { CertificateId: '2-cn-local' }];
  expect(codeOf('CreateListener', { ...https, Certificates: two })).toBe('IllegalParam.Certificates');
  expect(codeOf('CreateListener', { ...https, CaCertificates: two })).toBe('IllegalParam.CaCertificates');
  const alias = (text: string) => ({ ...https, XForwardedForConfig: { XForwardedForClientCertFingerprintAlias: text } });
  expect(codeOf('CreateListener', alias('Upper'))).toBe('IllegalParam.XForwardedForClientCertFingerprintAlias');
  expect(codeOf('CreateListener', alias('fine-alias_1'))).toBe('');
});

it('is about actions and parameters that the SDK knows', () => {
  for (const row of parameterRows) {
    for (const action of row.actions) {
      const path = row.parameter.split('.').map((step) => step.replace('[]', ''));
      let shape: unknown = shapeOf(action);
      for (const step of path) {
        const object = shape as {
          readonly members?: Readonly<Record<string, unknown>>;
          readonly list?: { readonly members?: Readonly<Record<string, unknown>> };
        };
        shape = (object.members ?? object.list?.members)?.[step];
        expect(shape, `${action} ${row.parameter}`).toBeDefined();
      }
    }
  }
});
