import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createQueues } from '#shared/cloud/mns/adapter.ts';
import { classify, failureOf } from '#shared/cloud/mns/classify.ts';

/** A server that answers everything alike, as a proxy or a broken service would. */
async function answering(status: number, type: string, body: string): Promise<{ readonly server: Server; readonly endpoint: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }; // a listening TCP server has an AddressInfo
}

const keys = { accountId: '1', accessKeyId: 'id', accessKeySecret: 'the-secret' };

describe('failures of the queue service', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it.each([
    [503, 'text/html', '<html>Service Unavailable</html>'],
    [200, 'text/html', '<html>Sign in</html>'],
    [500, 'text/plain', ''],
    [200, 'text/xml', '<Other xmlns="x"><A>1</A></Other>'],
    [500, 'text/xml', '<Error><Code>InternalError</Code></Error>'],
    [200, 'text/xml', 'not xml'],
  ])('that are no proper answer are of class transport in every call: %i %s %s', async (status, type, body) => {
    const started = await answering(status, type, body);
    server = started.server;
    const queues = createQueues({ ...keys, endpoint: started.endpoint });
    const calls = [
      () => queues.send('q', [{ body: 'x' }]),
      () => queues.receive('q', 1),
      () => queues.remove('q', ['1-0']),
      () => queues.ensureQueue('q'),
    ];
    for (const call of calls) expect(await call().catch((error: unknown) => error)).toMatchObject({ failure: 'transport' });
    queues.close();
  });

  it('name how many messages of the whole call may not have been sent', async () => {
    const started = await answering(503, 'text/html', '');
    server = started.server;
    const queues = createQueues({ ...keys, endpoint: started.endpoint });
    const messages = Array.from({ length: 20 }, () => ({ body: 'x' }));
    expect(await queues.send('q', messages).catch((error: unknown) => error)).toMatchObject({
      failure: 'transport',
      facts: { action: 'BatchSendMessage', detail: expect.stringContaining('20 not sent') },
    });
    queues.close();
  });

  it('keep receipts and secrets out of what they say', async () => {
    const error = new Error(
      'DELETE http://host/queues/q/messages?ReceiptHandle=1-abc failed with 403. requestid: R1, hostid: h, message: no',
    );
    error.name = 'MNSAccessDeniedError';
    const failure = failureOf('DeleteMessage', error);
    expect(failure).toMatchObject({ failure: 'forbidden', facts: { code: 'AccessDenied', requestId: 'R1', detail: 'HTTP 403: no' } });
    expect(failure.message).not.toContain('1-abc');
  });

  it.each([
    ['QpsLimitExceeded', 'throttled'],
    ['QueueDeletedRecently', 'busy'],
    ['SignatureDoesNotMatch', 'forbidden'],
    ['TimeExpired', 'forbidden'],
    ['QueueNotExist', 'not-found'],
    ['InternalServerError', 'transport'],
    ['MalformedXML', 'invalid'],
    ['NeverHeardOf', 'invalid'],
  ])('have a class: %s is %s', (code, expected) => {
    expect(classify(code)).toBe(expected);
  });

  it('end a poll at once when the connections are closed', async () => {
    const silent = createServer((request) => request.resume());
    server = silent;
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const asked = new Promise((resolve) => silent.once('request', resolve));
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`; // a listening TCP server has an AddressInfo
    const queues = createQueues({ ...keys, endpoint });
    const polled = queues.receive('q', 1, 20).catch((error: unknown) => error);
    await asked;
    queues.close();
    expect(await polled).toMatchObject({ failure: 'transport' });
    expect(await queues.receive('q', 1).catch((error: unknown) => error)).toMatchObject({ failure: 'transport' });
  });
});
