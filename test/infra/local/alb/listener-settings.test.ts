/** Which settings a listener may have, by its protocol. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { forward, type Ids, rule, sample, type WireParams } from './samples.ts';

let cloud: CloudUnderTest;
let ids: Ids;
beforeEach(async () => {
  cloud = await startCloudUnderTest();
  ids = await cloud.listener();
});
afterEach(() => cloud.service.stop());

const Certificates = [{ CertificateId: '10741304-cn-hangzhou' }];
const https: WireParams = { ListenerPort: 443, ListenerProtocol: 'HTTPS', Certificates };
const quic: WireParams = { ListenerPort: 443, ListenerProtocol: 'QUIC', Certificates };

const create = (more: WireParams): WireParams => ({ ...sample('CreateListener', ids), ...more });

describe('CreateListener', () => {
  it.each<readonly [what: string, params: WireParams, code: string]>([
    ['HTTPS without a certificate', { ListenerPort: 443, ListenerProtocol: 'HTTPS' }, 'InvalidParameter'],
    ['QUIC without a certificate', { ListenerPort: 443, ListenerProtocol: 'QUIC' }, 'InvalidParameter'],
    ['a certificate without an id', { ...https, Certificates: [{ CertificateId: '' }] }, 'MissingParam.CertificateId'],
    ['two default certificates', { ...https, Certificates: [...Certificates, ...Certificates] }, 'IllegalParam.Certificates'],
    ['a bare number as certificate', { ...https, Certificates: [{ CertificateId: '10741304' }] }, 'ResourceNotFound.Certificate'],
    ['a policy that does not exist', { ...https, SecurityPolicyId: 'tls_cipher_policy_2_0' }, 'ResourceNotFound.SecurityPolicy'],
    ['a certificate for HTTP', { ListenerPort: 8080, Certificates }, 'InvalidParameter'],
    ['a policy for HTTP', { ListenerPort: 8080, SecurityPolicyId: 'tls_cipher_policy_1_2' }, 'InvalidParameter'],
    ['HTTP/2 for HTTP', { ListenerPort: 8080, Http2Enabled: true }, 'InvalidParameter'],
    ['a policy for QUIC', { ...quic, SecurityPolicyId: 'tls_cipher_policy_1_2' }, 'InvalidParameter'],
    ['HTTP/2 for QUIC', { ...quic, Http2Enabled: true }, 'InvalidParameter'],
    ['HTTPS on a port that has HTTP', { ...https, ListenerPort: 80 }, 'ResourceAlreadyExist.Listener'],
    ['QUIC on a port that has HTTP', { ...quic, ListenerPort: 80 }, 'ResourceAlreadyExist.Listener'],
  ])('refuses %s', async (_what, params, code) => {
    expect(await cloud.codeOf('CreateListener', create(params))).toBe(code);
  });

  it.each([
    [https, quic],
    [quic, https],
  ])('lets HTTPS and QUIC share a port, one of each', async (first, second) => {
    await cloud.ok('CreateListener', create(first));
    await cloud.ok('CreateListener', create(second));
    expect(await cloud.codeOf('CreateListener', create(second))).toBe('ResourceAlreadyExist.Listener');
    expect(await cloud.codeOf('CreateListener', create({ ListenerPort: 443 }))).toBe('ResourceAlreadyExist.Listener');
  });

  it('fills in what the protocol has, and lists everything but certificates', async () => {
    const { ListenerId = '' } = await cloud.ok('CreateListener', create(https));
    await cloud.ok('CreateListener', create(quic));
    const listed = await cloud.ok('ListListeners', { LoadBalancerIds: [ids.loadBalancerId] });
    const found = (listed['Listeners'] as readonly Readonly<Record<string, unknown>>[]).slice(1);
    expect(found[0]).toMatchObject({ ListenerProtocol: 'HTTPS', Http2Enabled: true, SecurityPolicyId: 'tls_cipher_policy_1_0' });
    for (const name of ['Http2Enabled', 'SecurityPolicyId']) expect(found[1]).not.toHaveProperty(name);
    for (const one of found) for (const name of ['Certificates', 'CaCertificates', 'CaEnabled']) expect(one).not.toHaveProperty(name);
    const shown = await cloud.ok('GetListenerAttribute', { ListenerId: String(ListenerId) });
    expect(shown).toMatchObject({ Certificates, CaEnabled: false, CaCertificates: [] });
  });
});

describe('UpdateListenerAttribute', () => {
  it('exchanges the default certificate, and leaves it where none is given', async () => {
    const { ListenerId: id = '' } = await cloud.ok('CreateListener', create(https));
    const ListenerId = String(id);
    const update = async (more: WireParams) => {
      cloud.settle();
      await cloud.ok('UpdateListenerAttribute', { ListenerId, ...more });
      cloud.settle();
      return cloud.ok('GetListenerAttribute', { ListenerId });
    };
    const other = [{ CertificateId: '20-ap-southeast-1' }];
    expect(await update({ Certificates: other })).toMatchObject({ Certificates: other });
    expect(await update({ Http2Enabled: false })).toMatchObject({ Certificates: other, Http2Enabled: false });
    expect(await cloud.codeOf('UpdateListenerAttribute', { ListenerId, SecurityPolicyId: 'none' })).toBe('ResourceNotFound.SecurityPolicy');
    expect(await cloud.codeOf('UpdateListenerAttribute', { ListenerId: ids.listenerId, Certificates })).toBe('InvalidParameter');
  });
});

it('a group that speaks gRPC stands behind HTTPS with HTTP/2 only', async () => {
  const { ListenerId: id = '' } = await cloud.ok('CreateListener', create({ ...https, Http2Enabled: false }));
  const ListenerId = String(id);
  cloud.settle();
  const group = await cloud.group({ Protocol: 'gRPC' });
  const params = { ListenerId, ...rule(10, group), RuleActions: [forward(group)] };
  expect(await cloud.codeOf('CreateRule', params)).toBe('OperationDenied.GRPCServerGroup');
  await cloud.ok('UpdateListenerAttribute', { ListenerId, Http2Enabled: true });
  cloud.settle();
  await cloud.ok('CreateRule', params);
});

it('a group that speaks HTTPS stands behind HTTPS only', async () => {
  const group = await cloud.group({ Protocol: 'HTTPS' });
  const params = (ListenerId: string) => ({ ListenerId, ...rule(10, group), RuleActions: [forward(group)] });
  for (const [more, code] of [
    [{ ListenerPort: 8080 }, 'Mismatch.Protocol'],
    [quic, 'Mismatch.Protocol'],
    [https, ''],
  ] as const) {
    const { ListenerId = '' } = await cloud.ok('CreateListener', create(more));
    cloud.settle();
    expect(await cloud.codeOf('CreateRule', params(String(ListenerId)))).toBe(code);
    cloud.settle();
  }
});
