import { describe, expect, it } from 'vitest';
import { orEveryPath, ownConditions } from '#shared/model/build-conditions.ts';
import type { IngressPath } from '#shared/model/wish.ts';

const paths = (type: IngressPath['pathType'], path: string, asExpressions = false): readonly string[] | undefined => {
  const condition = orEveryPath(ownConditions({ host: '', type, path, asExpressions }).conditions ?? []).find((one) => one.type === 'Path');
  return condition?.type === 'Path' ? condition.pathConfig.values : undefined;
};
const refusal = (type: IngressPath['pathType'], path: string, host = ''): string | undefined =>
  ownConditions({ host, type, path }).refusal?.code;

describe('the path condition', () => {
  it.each([
    ['Exact', '/p', ['/p']],
    ['Exact', '/p/', ['/p/']],
    ['Exact', '/', ['/']],
    ['Prefix', '/', ['/*']],
    ['Prefix', '/p', ['/p', '/p/*']],
    ['Prefix', '/p/', ['/p', '/p/*']],
    ['ImplementationSpecific', '/p', ['/p']],
    ['ImplementationSpecific', '/p*', ['/p*']],
    ['ImplementationSpecific', '/p/*', ['/p/*']],
    ['ImplementationSpecific', '~*^/x(.*)', ['~*^/x(.*)']],
  ] as const)('of %s %s is %j', (type, path, values) => {
    expect(paths(type, path)).toEqual(values);
  });

  it('is absent for an empty path beside a host, and everything without one', () => {
    expect(ownConditions({ host: 'a.example.com', type: 'ImplementationSpecific', path: '' }).conditions).toEqual([
      { type: 'Host', hostConfig: { values: ['a.example.com'] } },
    ]);
    expect(paths('ImplementationSpecific', '')).toEqual(['/*']);
  });

  it('never holds a wildcard by mistake', () => {
    expect(refusal('Exact', '/a*')).toBe('PATH-WILDCARD');
    expect(refusal('Prefix', '/a?')).toBe('PATH-WILDCARD');
  });

  it('has at most 128 characters, the added ones included', () => {
    expect(refusal('Exact', `/${'a'.repeat(127)}`)).toBeUndefined();
    expect(refusal('Exact', `/${'a'.repeat(128)}`)).toBe('PATH-ILLEGAL');
    expect(refusal('Prefix', `/${'a'.repeat(125)}`)).toBeUndefined();
    expect(refusal('Prefix', `/${'a'.repeat(126)}`)).toBe('PATH-ILLEGAL');
  });

  it.each(['%', ';', '!', '(', '[', '^', ',', '"', '#', ' ', 'é'])('refuses %s, which ALB would', (character) => {
    expect(refusal('ImplementationSpecific', `/a${character}b`)).toBe('PATH-ILLEGAL');
  });

  it('accepts every other character that ALB does', () => {
    expect(refusal('ImplementationSpecific', "/aZ9$-_.+/&~@:'*?")).toBeUndefined();
  });
});

describe('the host condition', () => {
  it('comes before the path, wildcards as they are', () => {
    expect(ownConditions({ host: '*.example.com', type: 'Exact', path: '/a' }).conditions).toEqual([
      { type: 'Host', hostConfig: { values: ['*.example.com'] } },
      { type: 'Path', pathConfig: { values: ['/a'] } },
    ]);
  });

  it.each(['cafe', 'a.b1', 'Cafe.example.com', `${'a'.repeat(117)}.example.com`, 'a_b .example.com'])('refuses %s', (host) => {
    expect(refusal('Exact', '/', host)).toBe('HOST-ILLEGAL');
  });

  it('has at most 128 characters', () => {
    expect(refusal('Exact', '/', `${'a'.repeat(116)}.example.com`)).toBeUndefined();
  });
});
