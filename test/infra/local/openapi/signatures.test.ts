import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { acs3Signature } from '#infra/local/openapi/acs3.ts';
import { rpcSignature } from '#infra/local/openapi/rpc-v1.ts';
import { type LocalAlb, startLocalAlb } from '../../../support/local-alb.ts';
import { callAcs3, callRpc, type HandSigned } from '../../../support/signed-calls.ts';

let local: LocalAlb;
let main: HandSigned;
beforeAll(async () => {
  local = await startLocalAlb();
  main = { url: local.service.url, accessKeyId: localCredentials.accessKeyId, accessKeySecret: localCredentials.accessKeySecret };
});
afterAll(() => local.service.stop());

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe('ACS3-HMAC-SHA256', () => {
  it('makes the signature that the SDK made', () => {
    const body = 'Servers.1.Port=80&Servers.1.ServerId=i-1&Servers.1.ServerType=Ecs';
    const bodyHash = createHash('sha256').update(body).digest('hex');
    expect(bodyHash).toBe('50fd2c9b9b043d241faf051bd7dcec73b2fcc9c3a7aa2a9229219e7eb6889fed');
    const headers = {
      host: '127.0.0.1:9001',
      'x-acs-version': '2020-06-16',
      'x-acs-action': 'AddServersToServerGroup',
      'x-acs-date': '2026-01-02T03:04:05Z',
      'x-acs-signature-nonce': 'nonce-1',
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-credentials-provider': 'static_ak',
      'x-acs-content-sha256': bodyHash,
    };
    const query = [
      ['ServerGroupId', 'sgp-1'],
      ['ClientToken', "t*1 (a)~b'"],
    ] as const;
    const signedHeaders = Object.keys(headers).sort();
    expect(acs3Signature({ method: 'POST', path: '/', query, headers, signedHeaders, bodyHash }, 'test-sk')).toBe(
      '3e05b3c8f3d5c9fd3ce01ab8685e2ea2bb15989989f0fd7860fa0a58336f1499',
    );
  });

  it('lets a good call through, with parameters in the query or in the form', async () => {
    expect((await callAcs3(main, { action: 'ListLoadBalancers', query: { MaxResults: '7' } })).body).toMatchObject({ MaxResults: 7 });
    expect((await callAcs3(main, { action: 'ListLoadBalancers', form: { MaxResults: '8' } })).body).toMatchObject({ MaxResults: 8 });
  });

  it('refuses a body that is not the signed one', async () => {
    const answered = await callAcs3(main, { action: 'ListLoadBalancers', form: { MaxResults: '7' }, bodySent: 'MaxResults=8' });
    expect(answered.body['Code']).toBe('SignatureDoesNotMatch');
  });

  it('refuses a call whose action, date or nonce is not signed', async () => {
    for (const name of ['x-acs-action', 'x-acs-date', 'x-acs-signature-nonce', 'host']) {
      expect((await callAcs3(main, { action: 'DescribeZones', unsigned: [name] })).body['Code']).toBe('IncompleteSignature');
    }
  });

  it('refuses the same nonce twice, an old date, and a date in the future', async () => {
    const nonce = 'once-only';
    expect((await callAcs3(main, { action: 'DescribeZones', nonce })).status).toBe(200);
    expect((await callAcs3(main, { action: 'DescribeZones', nonce })).body['Code']).toBe('SignatureNonceUsed');
    expect((await callAcs3(main, { action: 'DescribeZones', date: minutesAgo(16) })).body['Code']).toBe('InvalidTimeStamp.Expired');
    expect((await callAcs3(main, { action: 'DescribeZones', date: minutesAgo(-16) })).body['Code']).toBe('InvalidTimeStamp.Expired');
    expect((await callAcs3(main, { action: 'DescribeZones', date: minutesAgo(14) })).status).toBe(200);
  });

  it('takes a temporary key with its token and with no other', async () => {
    const role = { url: main.url, ...localCredentials.sts };
    expect((await callAcs3(role, { action: 'DescribeZones' })).status).toBe(200);
    const { securityToken: _, ...withoutToken } = role;
    expect((await callAcs3(withoutToken, { action: 'DescribeZones' })).body['Code']).toBe('InvalidSecurityToken.Malformed');
    const unknown = await callAcs3({ ...main, accessKeyId: 'LTAInobody' }, { action: 'DescribeZones' });
    expect(unknown).toMatchObject({ status: 404, body: { Code: 'InvalidAccessKeyId.NotFound' } });
  });
});

describe('RPC signature 1.0', () => {
  it('makes the signature of the example that the service publishes', () => {
    const params = {
      Timestamp: '2016-02-23T12:46:24Z',
      Format: 'XML',
      AccessKeyId: 'testid',
      Action: 'DescribeRegions',
      SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
      Version: '2014-05-26',
      SignatureVersion: '1.0',
    };
    expect(rpcSignature('GET', Object.entries(params), 'testsecret')).toBe('OLeaidS1JvxuMvnyHOwuJ+uX5qY=');
  });

  it('takes GET and POST, and a region that ALB has no parameter for', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const answered = await callRpc(main, {
        action: 'ListLoadBalancers',
        method,
        params: { RegionId: local.region, 'Tag.1.Key': "a b*~'(é" },
      });
      expect(answered).toMatchObject({ status: 200, body: { LoadBalancers: [] } });
    }
  });

  it('refuses another secret, another key, an old date and a nonce used in either style', async () => {
    const refusedAs = async (call: Partial<Parameters<typeof callRpc>[1]>, to: HandSigned = main) =>
      (await callRpc(to, { action: 'DescribeZones', ...call })).body['Code'];
    expect(await refusedAs({ secret: 'guessed' })).toBe('SignatureDoesNotMatch');
    expect(await refusedAs({}, { ...main, accessKeyId: 'LTAInobody' })).toBe('InvalidAccessKeyId.NotFound');
    expect(await refusedAs({ date: minutesAgo(20) })).toBe('InvalidTimeStamp.Expired');
    await callAcs3(main, { action: 'DescribeZones', nonce: 'shared-nonce' });
    expect(await refusedAs({ nonce: 'shared-nonce' })).toBe('SignatureNonceUsed');
  });
});

it('answers every refusal as a whole error document', async () => {
  const unsigned = await fetch(`${main.url}/?Action=DescribeZones`);
  expect(await unsigned.json()).toEqual({
    Code: 'IncompleteSignature',
    Message: expect.any(String),
    RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
    HostId: new URL(main.url).host,
    Recommend: expect.any(String),
  });
  const unknown = await callRpc(main, { action: 'CreateTeapot' });
  expect(unknown).toMatchObject({ status: 404, body: { Code: 'InvalidAction.NotFound' } });
  expect((await callRpc(main, { action: 'DescribeZones', version: '2014-05-26' })).body['Code']).toBe('InvalidAction.NotFound');
});

it('tells no secret in its journal', async () => {
  const text = JSON.stringify(await local.journal());
  expect(text).toContain('ListLoadBalancers');
  for (const secret of [localCredentials.accessKeySecret, localCredentials.sts.accessKeySecret, localCredentials.sts.securityToken]) {
    expect(text).not.toContain(secret);
  }
});
