import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import { valuesOf } from '#shared/model/rule-limits.ts';
import { anAlbConfig, anIngress, aPath, aSite, aWish } from '#test/support/objects.ts';

const rule = (host: string, ...paths: ReturnType<typeof aPath>[]) => ({ host, http: { paths } });
const rules = [
  rule('', aPath('/fallback')),
  rule('*.example.com', aPath('/x')),
  rule('a.example.com', aPath('/'), aPath('/long/path'), aPath('/x', 'tea', 'Exact'), aPath('/long', 'tea'), aPath('/long/wide', 'tea')),
];
const ingress = anIngress({ spec: { ingressClassName: 'alb', rules } });
const behind = anIngress({ name: 'z', host: '', paths: [aPath('/exact', 'tea', 'Exact')] });

const stackOf = (order: string | undefined) => {
  const annotations = order === undefined ? {} : { 'albeit.io/path-order': order };
  return buildStack(aWish({ ingresses: [ingress, behind], albConfig: anAlbConfig({ metadata: { annotations } }) }), aSite);
};
const pathsOf = (order: string | undefined) =>
  stackOf(order).rules.map((one) => one.conditions.filter((condition) => condition.type === 'Path').flatMap(valuesOf)[0]);

describe('annotation path-order of an AlbConfig', () => {
  const listed = ['/fallback', '/x', '/*', '/long/path', '/x', '/long', '/long/wide', '/exact'];

  it('is the order of writing without it, and with listed', () => {
    expect(pathsOf(undefined)).toEqual(listed);
    expect(pathsOf('listed')).toEqual(listed);
  });

  it('specific-first: exact hosts before wildcards before none, Exact first, longer first; never across Ingresses', () => {
    expect(pathsOf('specific-first')).toEqual(['/x', '/long/path', '/long/wide', '/long', '/*', '/x', '/fallback', '/exact']);
  });

  it('changes no identity: only priorities', () => {
    const identities = (order: string) =>
      stackOf(order)
        .rules.map((one) => one.identity)
        .sort();
    expect(identities('specific-first')).toEqual(identities('listed'));
  });

  it('that is neither holds the AlbConfig, as every value that is not understood', () => {
    for (const key of ['path-order', 'mode', 'foreign-server-groups']) {
      const albConfig = anAlbConfig({ metadata: { annotations: { [`albeit.io/${key}`]: 'what?' } } });
      const stack = buildStack(aWish({ albConfig }), aSite);
      expect(stack.want).toBe('hold');
      expect(stack.problems).toMatchObject([
        { code: 'ANNOTATION-INVALID', object: { kind: 'AlbConfig' }, facts: { annotation: `albeit.io/${key}` } },
      ]);
    }
  });
});
