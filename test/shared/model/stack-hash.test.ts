import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import { stableHash } from '#shared/model/stable-hash.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import type { WishDraft } from '#test/support/objects.ts';
import { anAlbConfig, anIngress, aPath, aService, aSite, aWish } from '#test/support/objects.ts';

const hashes = (draft: WishDraft = {}) => stepHashes(buildStack(aWish(draft), aSite));
const changed = (draft: WishDraft, before: WishDraft = {}): string[] => {
  const [old, now] = [hashes(before), hashes(draft)];
  return Object.keys(now).filter((step) => now[step as keyof typeof now] !== old[step as keyof typeof old]);
};

describe('the hash of a step', () => {
  it('changes with exactly what the step keeps', () => {
    expect(changed({ ingresses: [anIngress({ paths: [aPath('/other')] })] })).toEqual(['rule']);
    expect(changed({ ingresses: [anIngress(), anIngress({ name: 'b', host: 'b.example.com' })] })).toEqual(['rule']);
    expect(changed({ ingresses: [anIngress(), anIngress({ name: 'b', paths: [aPath('/', 'tea')] })] })).toEqual(['server-group', 'rule']);
    expect(changed({ albConfig: anAlbConfig({ spec: { config: { name: 'shop' } } }) })).toEqual(['instance']);
    expect(changed({ albConfig: anAlbConfig({ spec: { listeners: [{ port: 80, gzipEnabled: false }] } }) })).toEqual(['listener']);
    expect(changed({ albConfig: anAlbConfig({ spec: { listeners: [{ port: 80 }, { port: 81 }] } }) })).toEqual([
      'server-group',
      'listener',
    ]);
    expect(changed({ ingresses: [anIngress({ paths: [aPath('/', 'nowhere')] })] })).toEqual(['server-group', 'rule']);
    expect(changed({ albConfig: undefined })).toEqual(['instance', 'server-group', 'listener', 'rule']);
  });

  it('stands when only versions, labels, statuses or fields without effect change', () => {
    const noisy = anIngress({ annotations: { 'example.com/x': '1' }, metadata: { resourceVersion: '9', labels: { a: 'b' } } });
    expect(changed({ ingresses: [noisy], services: [aService('coffee'), aService('tea'), aService('other')] })).toEqual([]);
    expect(
      changed({ albConfig: anAlbConfig({ metadata: { generation: 7 }, spec: { config: { billingConfig: { payType: 'PostPay' } } } }) }),
    ).toEqual([]);
  });

  it('of the rules changes when an Ingress starts to be held, so that its rules are left alone from then on', () => {
    const good = anIngress({ name: 'good' });
    const bad = anIngress({ name: 'bad', paths: [aPath('/', 'nowhere')] });
    expect(changed({ ingresses: [good, bad] }, { ingresses: [good] })).toEqual(['rule']);
  });

  it('follows a port that is renamed, because its endpoints are found by that name', () => {
    const renamed = aService('coffee', { spec: { ports: [{ name: 'web', port: 80 }] } });
    expect(changed({ services: [renamed] })).toEqual(['server-group']);
  });
});

describe('a stable hash', () => {
  it('is by meaning: members in any order, absent and undefined alike, lists in their order', () => {
    expect(stableHash({ a: 1, b: { c: 2, d: undefined } })).toBe(stableHash({ b: { c: 2 }, a: 1 }));
    expect(stableHash([1, 2])).not.toBe(stableHash([2, 1]));
    expect(stableHash({ a: '1' })).not.toBe(stableHash({ a: 1 }));
  });
});
