import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { fc2Signature } from '#infra/local/fc/fc2-signature.ts';
import { acs3Signature } from '#infra/local/openapi/acs3.ts';
import { type LocalFc, startLocalFc } from '#test/support/local-fc.ts';

interface Keys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** A call of the API of 2023-03-30, signed as its SDK signs. */
async function call3(
  url: string,
  method: string,
  path: string,
  body: string,
  keys: Keys = localCredentials,
  extra: Readonly<Record<string, string>> = {},
) {
  const [pathname = '', search = ''] = path.split('?');
  const bodyHash = createHash('sha256').update(body).digest('hex');
  const headers: Record<string, string> = {
    host: new URL(url).host,
    'x-acs-action': 'InvokeFunction',
    'x-acs-version': '2023-03-30',
    'x-acs-date': new Date().toISOString().replace(/\.\d+Z/, 'Z'),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': bodyHash,
    'content-type': 'application/octet-stream',
    ...(keys.securityToken === undefined ? {} : { 'x-acs-security-token': keys.securityToken }),
  };
  const signedHeaders = Object.keys(headers).sort();
  const query = [...new URLSearchParams(search)];
  const signature = acs3Signature({ method, path: pathname, query, headers, signedHeaders, bodyHash }, keys.accessKeySecret);
  const authorization = `ACS3-HMAC-SHA256 Credential=${keys.accessKeyId},SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`;
  const init = { method, headers: { ...headers, ...extra, authorization }, ...(method === 'GET' ? {} : { body }) };
  return fetch(`${url}${path}`, init);
}

describe('the API of 2023-03-30', () => {
  let fc: LocalFc;
  const path = '/2023-03-30/functions/echo/invocations?qualifier=LATEST';
  beforeAll(async () => {
    fc = await startLocalFc([{ name: 'echo', code: 'export const handler = async (event) => event;' }]);
  });
  afterAll(() => fc.close());

  it('invokes with either pair of keys', async () => {
    expect(await (await call3(fc.url, 'POST', path, 'hello')).text()).toBe('hello');
    expect(await (await call3(fc.url, 'POST', path, 'hello', localCredentials.sts)).text()).toBe('hello');
  });

  it('refuses a wrong secret, a missing token and an unknown function in its own words', async () => {
    const wrong = await call3(fc.url, 'POST', path, '', { ...localCredentials, accessKeySecret: 'wrong' });
    expect(wrong.status).toBe(403);
    expect(await wrong.json()).toMatchObject({ Code: 'SignatureNotMatch', RequestId: wrong.headers.get('x-fc-request-id') });
    const { securityToken: _token, ...tokenless } = localCredentials.sts;
    expect(await (await call3(fc.url, 'POST', path, '', tokenless)).json()).toMatchObject({ Code: 'InvalidAccessKeyID' });
    const absent = await call3(fc.url, 'POST', '/2023-03-30/functions/absent/invocations', '');
    expect(absent.status).toBe(404);
    expect(await absent.json()).toMatchObject({ Code: 'FunctionNotFound' });
  });

  it('shows an asynchronous task by its id, and stops one that waits', async () => {
    const async = { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': 'task-1', 'x-fc-async-delay': '600' };
    expect((await call3(fc.url, 'POST', path, 'later', localCredentials, async)).status).toBe(202);
    const tasks = '/2023-03-30/functions/echo/async-tasks';
    expect(await (await call3(fc.url, 'GET', `${tasks}/task-1`, '')).json()).toMatchObject({ status: 'Enqueued', requestPayload: 'later' });
    expect(await (await call3(fc.url, 'GET', `${tasks}?status=Enqueued`, '')).json()).toMatchObject({ tasks: [{ taskId: 'task-1' }] });
    expect((await call3(fc.url, 'PUT', `${tasks}/task-1/stop`, '')).status).toBe(204);
    expect(await (await call3(fc.url, 'GET', `${tasks}/task-1`, '')).json()).toMatchObject({ status: 'Stopped' });
    expect((await call3(fc.url, 'PUT', `${tasks}/task-1/stop`, '')).status).toBe(400);
  });

  it('describes the functions', async () => {
    expect(await (await call3(fc.url, 'GET', '/2023-03-30/functions', '')).json()).toMatchObject({ functions: [{ functionName: 'echo' }] });
  });
});

describe('the API of 2016-08-15', () => {
  it('signs the reference vector as the SDK does', () => {
    const incoming = {
      method: 'POST',
      path: '/2016-08-15/services/s.prod/functions/f/invocations',
      headers: {
        date: 'Fri, 02 Jan 2026 03:04:05 GMT',
        'x-fc-account-id': '123',
        'x-fc-invocation-type': 'Async',
        'content-type': 'application/octet-stream',
        'content-md5': 'YmI2Y2I1YzY4ZGY0NjUyOTQxY2FmNjUyYTM2NmYyZDg=',
      },
      query: [],
      form: [],
      body: Buffer.from('{"a":1}'),
    };
    expect(fc2Signature(incoming, 'test-sk')).toBe('v4ZIAJMYzKxTTMNvK1lRIKm1XJfli4K7Y+m6AAbL2pA=');
  });
});
