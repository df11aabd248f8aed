import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import type { Stack } from '#shared/model/stack.ts';
import { anAlbConfig, anIngress, aSite, aWish } from '#test/support/objects.ts';

const tea = { CertificateId: '1-cn-local' };
const coffee = { CertificateId: '2-cn-local' };
const secure = { port: 443, protocol: 'HTTPS', certificates: [tea] };

const withListeners = (...listeners: readonly unknown[]): Stack =>
  buildStack(aWish({ albConfig: anAlbConfig({ spec: { listeners } }) }), aSite);
const problemsOf = (stack: Stack): string[] => stack.problems.map((one) => `${one.code} ${one.path ?? ''}`);
const settingsOf = (listener: unknown): unknown => withListeners({ port: 80 }, listener).listeners[1]?.settings;

const common = { listenerDescription: 'ingress-auto-listener-443', idleTimeout: 15, requestTimeout: 60, gzipEnabled: true };
const policy = { securityPolicyId: 'tls_cipher_policy_1_0' };

describe('an HTTPS or QUIC listener', () => {
  it.each<readonly [string, object, object]>([
    ['with the defaults of the service', {}, { ...common, http2Enabled: true, ...policy, certificateId: '1-cn-local' }],
    ['without HTTP/2', { http2Enabled: false }, { ...common, http2Enabled: false, ...policy, certificateId: '1-cn-local' }],
    [
      'with a policy',
      { securityPolicyId: 'tls_cipher_policy_1_2' },
      { ...common, http2Enabled: true, securityPolicyId: 'tls_cipher_policy_1_2', certificateId: '1-cn-local' },
    ],
    [
      'of QUIC, which has neither',
      { protocol: 'QUIC', securityPolicyId: 'x', http2Enabled: true },
      { ...common, certificateId: '1-cn-local' },
    ],
    ['of HTTP, which has none of it', { port: 443, protocol: 'HTTP', securityPolicyId: 'x', http2Enabled: true }, common],
  ])('%s has these settings', (_what, more, settings) => {
    expect(settingsOf({ ...secure, ...more })).toEqual(settings);
  });

  it.each<readonly [string, readonly object[], string]>([
    ['the first certificate', [tea, coffee], '1-cn-local'],
    ['the one that is marked', [tea, { ...coffee, IsDefault: true }], '2-cn-local'],
    ['the first, though it is said not to be, when no other is', [{ ...tea, IsDefault: false }, coffee], '1-cn-local'],
  ])('takes %s as default, and tells that the others are left out', (_what, certificates, certificateId) => {
    const stack = withListeners({ port: 80 }, { ...secure, certificates });
    expect(stack.listeners[1]?.settings).toMatchObject({ certificateId });
    expect(problemsOf(stack)).toEqual(['CONFIG-UNSUPPORTED spec.listeners[1].certificates']);
    expect(stack.heldListeners).toEqual([]);
  });

  it('may be written in any case', () => {
    expect(settingsOf({ PORT: 443, Protocol: 'HTTPS', Certificates: [{ certificateid: '1-cn-local', isdefault: true }] })).toMatchObject({
      certificateId: '1-cn-local',
    });
  });

  it.each<readonly [string, object, string]>([
    ['no certificate', { certificates: undefined }, 'CONFIG-INVALID spec.listeners[1].certificates'],
    ['an empty list', { certificates: [] }, 'CONFIG-INVALID spec.listeners[1].certificates'],
    ['an empty entry', { certificates: [{}] }, 'CONFIG-INVALID spec.listeners[1].certificates[0].CertificateId'],
    [
      'only a default of another kind',
      { certificates: null, defaultCertificate: { kind: 'Secret' } },
      'CONFIG-UNSUPPORTED spec.listeners[1].defaultCertificate',
    ],
  ])('with %s is left as it is, its group is kept, and the others go on', (_what, more, problem) => {
    const stack = withListeners({ port: 80 }, { ...secure, ...more });
    expect(stack.listeners.map((one) => one.identity)).toEqual(['HTTP:80']);
    expect(stack.heldListeners).toEqual(['HTTPS:443']);
    expect(problemsOf(stack)[0]).toBe(problem);
    expect(stack.groups.map((one) => one.settings.serverGroupName)).toContain('kube-system-fake-svc-443');
    expect(stack.rules).toHaveLength(1);
  });

  it('has a default group of its own, also where HTTPS and QUIC share a port', () => {
    const stack = withListeners(secure, { ...secure, protocol: 'QUIC' });
    const groups = stack.listeners.map((one) => one.defaultGroup);
    expect(new Set(groups).size).toBe(2);
    for (const group of groups) expect(stack.groups.map((one) => one.identity)).toContain(group);
  });
});

describe('an Ingress that needs HTTPS', () => {
  const withTls = anIngress({
    spec: { ingressClassName: 'alb', tls: [{ hosts: ['cafe.example.com'], secretName: 'any' }], rules: anIngress().spec?.rules ?? [] },
  });
  const stackOf = (...listeners: readonly unknown[]): Stack =>
    buildStack(aWish({ albConfig: anAlbConfig({ spec: { listeners } }), ingresses: [withTls] }), aSite);

  it('gets its rules there, whatever its TLS Secret is', () => {
    const stack = stackOf({ port: 80 }, secure);
    expect(stack.problems).toEqual([]);
    expect(stack.rules.map((one) => one.listener)).toEqual(['HTTPS:443']);
  });

  it('is held while the listener has no certificate, or is not there', () => {
    const held = stackOf({ port: 80 }, { port: 443, protocol: 'HTTPS' });
    expect(held.problems.map((one) => [one.object.kind, one.code])).toEqual([
      ['AlbConfig', 'CONFIG-INVALID'],
      ['Ingress', 'CONFIG-INVALID'],
    ]);
    expect(stackOf({ port: 80 }).problems.map((one) => one.code)).toEqual(['LISTENER-MISSING', 'LISTENER-WANTED']);
    expect(held.rules).toEqual([]);
  });
});
