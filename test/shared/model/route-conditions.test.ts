import { describe, expect, it } from 'vitest';
import { variable } from '#shared/cloud/alb/defaults.ts';
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import { mergeConditions } from '#shared/model/merge-conditions.ts';
import { groupCount, highestGroup } from '#shared/model/path-expression.ts';
import { valuesOf } from '#shared/model/rule-limits.ts';
import type { IngressPath } from '#shared/model/wish.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { codesOf, stackOf } from '#test/support/stacks.ts';

type Annotations = Readonly<Record<string, string>>;

const one = (path: string, type: IngressPath['pathType'], annotations: Annotations) =>
  stackOf([anIngress({ paths: [aPath(path, 'coffee', type)], annotations })]);
const pathsOf = (stack: ReturnType<typeof stackOf>) =>
  stack.rules.map((rule) => rule.conditions.filter((condition) => condition.type === 'Path').flatMap(valuesOf));

const regex = { 'use-regex': 'true' };
const rewrite = (target: string) => ({ 'rewrite-target': target });

describe('paths as expressions', () => {
  it.each([
    ['Prefix with use-regex', '/p(.*)', 'Prefix', regex, ['~*/p(.*)']],
    ['Prefix with rewrite-target', '/p/(.*)', 'Prefix', rewrite(`/${variable(1)}`), ['~*/p/(.*)']],
    ['Prefix with rewrite-target and no group', '/foo', 'Prefix', rewrite('/bar'), ['~*/foo']],
    ['Prefix that is rewritten to itself', '/foo', 'Prefix', rewrite('/foo'), ['/foo', '/foo/*']],
    ['Prefix / with use-regex', '/', 'Prefix', regex, ['/*']],
    ['Prefix / with rewrite-target', '/', 'Prefix', rewrite('/new'), ['/*']],
    ['Exact with use-regex', '/p', 'Exact', regex, ['/p']],
    ['ImplementationSpecific with use-regex', '/p*', 'ImplementationSpecific', regex, ['/p*']],
    ['ImplementationSpecific that is one by itself', '~*^/(a|b)', 'ImplementationSpecific', rewrite(`/${variable(1)}`), ['~*^/(a|b)']],
    ['ALC 6: Prefix with use-regex false', '/p', 'Prefix', { 'use-regex': 'false' }, ['/p', '/p/*']],
  ] as const)('%s', (_what, path, type, annotations, values) => {
    const stack = one(path, type, annotations);
    expect(stack.problems).toEqual([]);
    expect(pathsOf(stack)).toEqual([values]);
  });

  it.each([
    ['a wildcard outside expressions', '/a*', 'Prefix', {}, 'PATH-WILDCARD'],
    ['an expression that is none', '/a(', 'Prefix', regex, 'PATH-ILLEGAL'],
    ['an expression of the user that is none', '~*/a[', 'ImplementationSpecific', {}, 'PATH-ILLEGAL'],
    ['an expression of 129 characters, the marker included', `/${'a'.repeat(126)}`, 'Prefix', regex, 'PATH-ILLEGAL'],
    ['a group that the path does not have', '/a/(.*)', 'Prefix', rewrite(`/${variable(2)}`), 'ANNOTATION-INVALID'],
    ['a group of a path that is no expression', '/a', 'Exact', rewrite(`/${variable(1)}`), 'ANNOTATION-INVALID'],
    ['a group of /', '/', 'Prefix', rewrite(`/${variable(1)}`), 'ANNOTATION-INVALID'],
  ] as const)('%s is refused and names the path', (_what, path, type, annotations, code) => {
    const stack = one(path, type, annotations);
    expect(codesOf(stack)).toEqual([code]);
    expect(stack.problems[0]?.path).toBe('spec.rules[0].http.paths[0]');
    expect(stack.held).toHaveLength(1);
  });

  it('say why an expression is none, and have at most 128 characters', () => {
    expect(one('/a(', 'Prefix', regex).problems[0]?.facts['detail']).toContain('Unterminated group');
    expect(codesOf(one(`/${'a'.repeat(125)}`, 'Prefix', regex))).toEqual([]);
    for (const path of ['/caf\u00e9(.*)', '/a b', '/\u676f']) {
      expect(one(path, 'Prefix', regex).problems[0]).toMatchObject({ code: 'PATH-ILLEGAL', facts: { value: path } });
    }
  });

  it('count groups that can be named, and those that are', () => {
    expect(['~*/a', '~*/(a)/((b)c)', '~*/(?:a)(b)', '~*/(', '/(a)'].map(groupCount)).toEqual([0, 3, 1, 0, 0]);
    expect(['/x', `/${variable(2)}/${variable(1)}`, '/$1'].map(highestGroup)).toEqual([0, 2, 0]);
  });

  it('only change the path: the Rewrite action comes for every type', () => {
    const rewrites = one('/a', 'Exact', rewrite('/b')).rules[0]?.actions[0];
    expect(rewrites).toEqual({ type: 'Rewrite', rewriteConfig: { host: variable('host'), path: '/b', query: variable('query') } });
  });
});

describe('conditions of annotations', () => {
  const written = (...conditions: readonly RuleCondition[]) => ({ 'conditions.coffee': JSON.stringify(conditions) });
  const conditionsOf = (annotations: Annotations, draft: Parameters<typeof anIngress>[0] = {}) =>
    stackOf([anIngress({ paths: [aPath('/a')], ...draft, annotations })]).rules[0]?.conditions;
  const host = (...values: string[]): RuleCondition => ({ type: 'Host', hostConfig: { values } });
  const path = (...values: string[]): RuleCondition => ({ type: 'Path', pathConfig: { values } });
  const method = (...values: string[]): RuleCondition => ({ type: 'Method', methodConfig: { values } });
  const from = (...values: string[]): RuleCondition => ({ type: 'SourceIp', sourceIpConfig: { values } });
  const header = (key: string, ...values: string[]): RuleCondition => ({ type: 'Header', headerConfig: { key, values } });
  const own = [host('cafe.example.com'), path('/a', '/a/*')];

  it('widen host and path, however many blocks they are written in', () => {
    const annotations = written(host('x.example.com'), path('/b'), host('y.example.com', 'cafe.example.com'), path('/a', '/c'));
    expect(conditionsOf(annotations)).toEqual([host('cafe.example.com', 'x.example.com', 'y.example.com'), path('/a', '/a/*', '/b', '/c')]);
  });

  it('are one condition a rule for methods and addresses', () => {
    const annotations = written(method('GET'), from('10.0.0.0/8'), method('PUT'), from('192.0.2.1'));
    expect(conditionsOf(annotations)).toEqual([...own, method('GET', 'PUT'), from('10.0.0.0/8', '192.0.2.1')]);
  });

  it('are one condition a block for headers, cookies and parameters', () => {
    const blocks: readonly RuleCondition[] = [
      header('x-a', '1', '2'),
      header('x-a', '3'),
      { type: 'QueryString', queryStringConfig: { values: [{ key: 'a', value: 'b' }] } },
      { type: 'Cookie', cookieConfig: { values: [{ key: 'a', value: 'b' }] } },
    ];
    expect(conditionsOf(written(...blocks))).toEqual([...own, ...blocks]);
  });

  it('may stand alone where host and path are empty; everything matches where nothing is said', () => {
    const everything = { host: '', paths: [aPath('', 'coffee', 'ImplementationSpecific')] };
    expect(conditionsOf(written(method('GET')), everything)).toEqual([method('GET')]);
    expect(conditionsOf({}, everything)).toEqual([path('/*')]);
  });

  it('concern the paths of their Service alone', () => {
    const stack = stackOf([anIngress({ paths: [aPath('/a'), aPath('/a', 'tea')], annotations: written(method('GET')) })]);
    expect(stack.rules.map((rule) => rule.conditions.length)).toEqual([3, 2]);
  });

  it('of responses are for rules on responses', () => {
    const status: RuleCondition = { type: 'ResponseStatusCode', responseStatusCodeConfig: { values: ['404'] } };
    expect(codesOf(stackOf([anIngress({ annotations: written(status) })]))).toEqual(['ANNOTATION-INVALID']);
  });

  it('ACK 3: that name no backend are told', () => {
    const annotations = { 'conditions.cofee': JSON.stringify([method('GET')]) };
    const stack = stackOf([anIngress({ annotations })]);
    expect(codesOf(stack)).toEqual(['ANNOTATION-SUFFIX']);
    expect(stack.rules).toHaveLength(1);
  });

  it('merge the same way twice', () => {
    const merged = mergeConditions(own, [host('x.example.com'), header('x-a', '1')]);
    expect(mergeConditions(merged, [])).toEqual(merged);
  });
});

describe('CPAC 9: ImplementationSpecific', () => {
  it('stays what it is, in the rule and in the object', () => {
    const ingress = anIngress({ paths: [aPath('/p', 'coffee', 'ImplementationSpecific')] });
    const before = structuredClone(ingress);
    expect(pathsOf(stackOf([ingress]))).toEqual([['/p']]);
    expect(ingress).toEqual(before);
  });
});
