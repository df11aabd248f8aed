import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Client from '@alicloud/mns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { sign } from '#infra/local/mns/signature.ts';
import { getDoor, type LocalMns, putDoor, startLocalMns } from '#test/support/local-mns.ts';
import { until } from '#test/support/until.ts';

interface Raw {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly code: string;
}

/** A signed request of any form, as clients other than the SDK send them. */
async function raw(url: string, { method, target, body = '', headers: extra = {} }: Raw): Promise<Answer> {
  const headers: Record<string, string> = { 'x-mns-version': '2015-06-06', 'x-mns-date': new Date().toUTCString(), ...extra };
  if (method !== 'GET') headers['content-type'] = 'text/xml';
  const signature = sign({ method, target, headers, body: Buffer.from(body) }, localCredentials.accessKeySecret);
  const authorization = `MNS ${localCredentials.accessKeyId}:${signature}`;
  const init = { method, headers: { authorization, ...headers }, ...(body === '' ? {} : { body }) };
  const answer = await fetch(`${url}${target}`, init);
  const text = await answer.text();
  return { status: answer.status, text, headers: answer.headers, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? '' };
}

const message = (inner: string) => `<?xml version="1.0"?><Message xmlns="http://mns.aliyuncs.com/doc/v1/">${inner}</Message>`;
const bodyOf = (text: string): string => /<MessageBody>([\s\S]*?)<\/MessageBody>/.exec(text)?.[1] ?? '';
const fieldOf = (text: string, name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';

interface State {
  readonly queues: readonly { readonly name: string; readonly waiting: number; readonly active: number; readonly inactive: number }[];
}

describe('the MNS wire', () => {
  let mns: LocalMns;
  const call = (method: string, target: string, body?: string, headers?: Readonly<Record<string, string>>) =>
    raw(mns.url, { method, target, ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) });
  const sdk = () => new Client('1', { ...localCredentials, endpoint: mns.url });
  const messages = '/queues/q/messages';

  beforeEach(async () => {
    mns = await startLocalMns();
    await mns.queues.ensureQueue('q');
  });
  afterEach(() => mns.close());

  describe('documents', () => {
    it.each(['a & b', 'a < b', '<b>x</b>', '&nbsp;', 'x</MessageBody>'])('refuses a body that was not escaped: %s', async (text) => {
      const answer = await call('POST', messages, message(`<MessageBody>${text}</MessageBody>`));
      expect(answer).toMatchObject({ status: 400, code: 'MalformedXML' });
      for (const field of ['Code', 'Message', 'RequestId', 'HostId']) expect(fieldOf(answer.text, field)).not.toBe('');
      expect(answer.headers.get('x-mns-request-id')).toBe(fieldOf(answer.text, 'RequestId'));
      expect(answer.headers.get('content-type')).toMatch(/^text\/xml/);
    });

    it('decodes entities and CDATA, keeps white space, and escapes on the way out', async () => {
      await call('POST', messages, message('<MessageBody> a &amp;&#x20AC; <![CDATA[<b>&c]]>\n</MessageBody>'));
      const answer = await call('GET', messages);
      expect(bodyOf(answer.text)).toBe(' a &amp;€ &lt;b&gt;&amp;c\n');
    });

    it.each([
      ['an unknown element', '<MessageBody>x</MessageBody><Color>red</Color>'],
      ['no body', '<Priority>3</Priority>'],
      ['a priority out of range', '<MessageBody>x</MessageBody><Priority>17</Priority>'],
      ['a delay that is no number', '<MessageBody>x</MessageBody><DelaySeconds>1.5</DelaySeconds>'],
    ])('refuses a message with %s', async (_what, inner) => {
      expect(await call('POST', messages, message(inner))).toMatchObject({ status: 400, code: 'InvalidArgument' });
    });
  });

  describe('signatures', () => {
    it('refuses what is not signed, wrongly signed, unknown, or too old', async () => {
      expect((await fetch(`${mns.url}/queues`)).status).toBe(400);
      const other = new Client('1', { ...localCredentials, accessKeySecret: 'other', endpoint: mns.url });
      await expect(other.batchReceiveMessage('q', 1)).rejects.toMatchObject({ name: 'MNSSignatureDoesNotMatchError' });
      const unknown = new Client('1', { ...localCredentials, accessKeyId: 'other', endpoint: mns.url });
      await expect(unknown.batchReceiveMessage('q', 1)).rejects.toMatchObject({ name: 'MNSInvalidAccessKeyIdError' });
      const old = { 'x-mns-date': new Date(Date.now() - 16 * 60_000).toUTCString() };
      expect(await call('GET', messages, undefined, old)).toMatchObject({ status: 408, code: 'TimeExpired' });
      await putDoor(mns.url, 'settings', { clockSkewStatus: 400 });
      expect(await call('GET', messages, undefined, old)).toMatchObject({ status: 400, code: 'TimeExpired' });
    });

    it("takes the role's pair with its token only", async () => {
      const { sts } = localCredentials;
      const withToken = new Client('1', { ...sts, endpoint: mns.url });
      await expect(withToken.batchReceiveMessage('q', 1)).rejects.toMatchObject({ name: 'MNSMessageNotExistError' });
      const { securityToken: _token, ...without } = sts;
      const tokenless = new Client('1', { ...without, endpoint: mns.url });
      await expect(tokenless.batchReceiveMessage('q', 1)).rejects.toMatchObject({ name: 'MNSInvalidAccessKeyIdError' });
    });

    it('takes both forms of content-md5 and refuses a wrong one', async () => {
      const body = message('<MessageBody>x</MessageBody>');
      const digest = createHash('md5').update(body).digest();
      const forms = [digest.toString('base64'), Buffer.from(digest.toString('hex')).toString('base64')];
      for (const md5 of forms) expect((await call('POST', messages, body, { 'content-md5': md5 })).status).toBe(201);
      expect(await call('POST', messages, body, { 'content-md5': 'AAAA' })).toMatchObject({ code: 'InvalidDegist' });
    });

    it('signs the reference vector as the SDK does', () => {
      const headers = {
        'x-mns-date': 'Fri, 02 Jan 2026 03:04:05 GMT',
        'x-mns-version': '2015-06-06',
        'content-type': 'text/xml',
        'content-md5': 'ODdmMzg0NmI1NGUwMGY1Nzg4N2E4YjlmNGQzNGNhMDA=',
      };
      const request = { method: 'POST', target: '/queues/q1/messages', headers, body: Buffer.alloc(0) };
      expect(sign(request, 'test-sk')).toBe('SF2WSmaVobFZchKPM8D8/Lc72Bg=');
    });
  });

  describe('queues', () => {
    const queue = (inner = '') => `<Queue xmlns="http://mns.aliyuncs.com/doc/v1/">${inner}</Queue>`;

    it('are created once, found again, refused with other attributes, and deleted in any case', async () => {
      const created = await call('PUT', '/queues/new', queue('<VisibilityTimeout>60</VisibilityTimeout>'));
      expect(created.status).toBe(201);
      expect(created.headers.get('location')).toBe(`${mns.url}/queues/new`);
      expect((await call('PUT', '/queues/new', queue('<VisibilityTimeout>60</VisibilityTimeout>'))).status).toBe(204);
      expect(await call('PUT', '/queues/new', queue())).toMatchObject({ status: 409, code: 'QueueAlreadyExist' });
      expect((await call('PUT', '/queues/new?metaoverride=true', queue('<PollingWaitSeconds>5</PollingWaitSeconds>'))).status).toBe(204);
      const attributes = (await call('GET', '/queues/new')).text;
      expect(fieldOf(attributes, 'VisibilityTimeout')).toBe('60');
      expect(fieldOf(attributes, 'PollingWaitSeconds')).toBe('5');
      expect((await call('DELETE', '/queues/new')).status).toBe(204);
      expect((await call('DELETE', '/queues/new')).status).toBe(204);
      expect(await call('GET', '/queues/new')).toMatchObject({ status: 404, code: 'QueueNotExist' });
    });

    it.each([
      ['VisibilityTimeout', '0'],
      ['VisibilityTimeout', '43201'],
      ['MaximumMessageSize', '1023'],
      ['MessageRetentionPeriod', '59'],
      ['PollingWaitSeconds', '31'],
      ['DelaySeconds', '604801'],
      ['LoggingEnabled', 'perhaps'],
      ['ActiveMessages', '1'],
    ])('refuse %s = %s', async (name, value) => {
      expect(await call('PUT', '/queues/new', queue(`<${name}>${value}</${name}>`))).toMatchObject({
        status: 400,
        code: 'InvalidArgument',
      });
    });

    it('have names of letters, digits and hyphens', async () => {
      expect(await call('PUT', '/queues/-bad', queue())).toMatchObject({ status: 400, code: 'InvalidQueueName' });
      expect(await call('PUT', `/queues/${'x'.repeat(121)}`, queue())).toMatchObject({ code: 'QueueNameLengthError' });
    });

    it('are listed in pages', async () => {
      for (const name of ['a-1', 'a-2', 'a-3', 'b-1']) await call('PUT', `/queues/${name}`, queue());
      const first = (await call('GET', '/queues', undefined, { 'x-mns-prefix': 'a-', 'x-mns-ret-number': '2' })).text;
      expect([...first.matchAll(/queues\/([\w-]+)</g)].map((one) => one[1])).toEqual(['a-1', 'a-2']);
      const marker = fieldOf(first, 'NextMarker');
      const second = (await call('GET', '/queues', undefined, { 'x-mns-prefix': 'a-', 'x-mns-ret-number': '2', 'x-mns-marker': marker }))
        .text;
      expect([...second.matchAll(/queues\/([\w-]+)</g)].map((one) => one[1])).toEqual(['a-3']);
      expect(fieldOf(second, 'NextMarker')).toBe('');
    });

    it('refuse the name of one that was just deleted, when the switch says so', async () => {
      await putDoor(mns.url, 'settings', { queueDeletedRecentlySeconds: 10 });
      await call('DELETE', '/queues/q');
      expect(await call('PUT', '/queues/q', queue())).toMatchObject({ status: 400, code: 'QueueDeletedRecently' });
      await putDoor(mns.url, 'settings', { clockAheadSeconds: 11 });
      expect((await call('PUT', '/queues/q', queue())).status).toBe(201);
    });
  });

  describe('messages', () => {
    const send = (text: string, inner = '') => call('POST', messages, message(`<MessageBody>${text}</MessageBody>${inner}`));

    it('come by priority, then by age', async () => {
      await send('low', '<Priority>16</Priority>');
      await send('first');
      await send('second');
      await send('high', '<Priority>1</Priority>');
      const order = [];
      for (let count = 0; count < 4; count += 1) order.push(bodyOf((await call('GET', messages)).text));
      expect(order).toEqual(['high', 'first', 'second', 'low']);
    });

    it('match query names without regard to case', async () => {
      await send('x');
      const got = await call('GET', `${messages}?NUMOFMESSAGES=1&WaitSeconds=1`);
      expect(got.text).toContain('<Messages');
      const handle = fieldOf(got.text, 'ReceiptHandle');
      expect(handle).toMatch(/^[A-Za-z0-9-]+$/);
      expect((await call('DELETE', `${messages}?receipthandle=${handle}`)).status).toBe(204);
    });

    it('can be looked at without being taken', async () => {
      await send('x');
      const peeked = (await call('GET', `${messages}?peekonly=true`)).text;
      expect(bodyOf(peeked)).toBe('x');
      expect(peeked).not.toContain('ReceiptHandle');
      expect(fieldOf((await call('GET', messages)).text, 'DequeueCount')).toBe('1');
    });

    it('have one handle for each delivery, which a change of visibility replaces', async () => {
      await send('x');
      const first = fieldOf((await call('GET', messages)).text, 'ReceiptHandle');
      const changed = await call('PUT', `${messages}?receiptHandle=${first}&visibilityTimeout=120`);
      expect(changed.status).toBe(200);
      const second = fieldOf(changed.text, 'ReceiptHandle');
      expect(await call('DELETE', `${messages}?ReceiptHandle=${first}`)).toMatchObject({ status: 404, code: 'MessageNotExist' });
      await mns.advance(60);
      expect(await call('GET', messages)).toMatchObject({ status: 404, code: 'MessageNotExist' });
      expect((await call('DELETE', `${messages}?ReceiptHandle=${second}`)).status).toBe(204);
      expect(await call('DELETE', `${messages}?ReceiptHandle=nonsense`)).toMatchObject({ status: 400, code: 'ReceiptHandleError' });
      expect(await call('DELETE', messages)).toMatchObject({ status: 400, code: 'MissingReceiptHandle' });
      expect(await call('PUT', `${messages}?receiptHandle=${second}`)).toMatchObject({ code: 'MissingVisibilityTimeout' });
    });

    it('that are delayed come with a handle that deletes them before they are seen', async () => {
      const sent = await send('x', '<DelaySeconds>30</DelaySeconds>');
      expect((await call('DELETE', `${messages}?ReceiptHandle=${fieldOf(sent.text, 'ReceiptHandle')}`)).status).toBe(204);
      await mns.advance(31);
      expect((await call('GET', messages)).status).toBe(404);
    });

    it('in batches fail one by one', async () => {
      await putDoor(mns.url, 'settings', { failEveryNthOfBatch: 2 });
      const answer = await sdk().batchSendMessage('q', [{ MessageBody: 'a' }, { MessageBody: 'b' }, { MessageBody: 'c' }]);
      expect(answer.code).toBe(500);
      expect(answer.body?.map((one) => one['ErrorCode'] ?? 'sent')).toEqual(['sent', 'InternalError', 'sent']);
      const failure = await mns.queues.send('q', [{ body: 'd' }, { body: 'e' }]).catch((error: unknown) => error);
      expect(failure).toMatchObject({ failure: 'transport', facts: { code: 'InternalError', detail: expect.stringContaining('1 of 2') } });
      const got = await mns.queues.receive('q', 16);
      const removed = await sdk().batchDeleteMessage('q', [got[0]?.receipt ?? '', '9-00000000000000000000000000000000', 'nonsense']);
      expect(removed.code).toBe(404);
      expect(removed.body?.map((one) => one['ErrorCode'])).toEqual(['MessageNotExist', 'ReceiptHandleError']);
    });

    it('over the limits of a batch are refused', async () => {
      const many = `<Messages xmlns="x">${'<Message><MessageBody>x</MessageBody></Message>'.repeat(17)}</Messages>`;
      expect(await call('POST', messages, many)).toMatchObject({ status: 400, code: 'InvalidArgument' });
      expect(await call('GET', `${messages}?numOfMessages=17`)).toMatchObject({ status: 400, code: 'InvalidArgument' });
      expect(await call('GET', `${messages}?waitseconds=31`)).toMatchObject({ status: 400, code: 'InvalidArgument' });
    });

    it('come twice when the switch says so, under one id and with two handles', async () => {
      await putDoor(mns.url, 'settings', { deliverTwice: true });
      await mns.queues.send('q', [{ body: 'x' }]);
      const [first] = await mns.queues.receive('q', 16);
      await mns.queues.remove('q', [first?.receipt ?? '']);
      const [second] = await mns.queues.receive('q', 16);
      expect(second?.messageId).toBe(first?.messageId);
      expect(second?.receipt).not.toBe(first?.receipt);
      await mns.queues.remove('q', [second?.receipt ?? '']);
      await mns.advance(31);
      expect(await mns.queues.receive('q', 16)).toEqual([]);
    });

    it('move to the dead-letter queue when they were received too often', async () => {
      await mns.queues.ensureQueue('dead');
      await putDoor(mns.url, 'dead-letter-policy', { queue: 'q', enabled: true, targetQueue: 'dead', maxReceiveCount: 2 });
      await mns.queues.send('q', [{ body: 'poison' }]);
      for (let count = 1; count <= 2; count += 1) {
        expect((await mns.queues.receive('q', 1))[0]?.dequeueCount).toBe(count);
        await mns.advance(count * 31);
      }
      expect(await mns.queues.receive('q', 1)).toEqual([]);
      expect((await mns.queues.receive('dead', 1))[0]?.body).toBe('poison');
      await expect(
        putDoor(mns.url, 'dead-letter-policy', { queue: 'q', enabled: true, targetQueue: 'q', maxReceiveCount: 2 }),
      ).rejects.toThrow(/own/);
    });
  });

  describe('long polls', () => {
    const waiting = async () => (await getDoor<State>(mns.url, 'state')).queues.find((one) => one.name === 'q')?.waiting;

    it('end with the message that was sent meanwhile', async () => {
      const polled = mns.queues.receive('q', 16, 20);
      await until(async () => (await waiting()) === 1);
      await mns.queues.send('q', [{ body: 'x' }]);
      expect((await polled).map((one) => one.body)).toEqual(['x']);
    });

    it('end with a message that becomes visible meanwhile', async () => {
      await mns.queues.send('q', [{ body: 'x', delaySeconds: 60 }]);
      const polled = mns.queues.receive('q', 16, 20);
      await until(async () => (await waiting()) === 1);
      await mns.advance(60);
      expect((await polled).map((one) => one.body)).toEqual(['x']);
    });

    it('hand out nothing to a client that has gone', async () => {
      const gone = new AbortController();
      const headers: Record<string, string> = { 'x-mns-version': '2015-06-06', 'x-mns-date': new Date().toUTCString() };
      const target = `${messages}?waitseconds=20`;
      const signature = sign({ method: 'GET', target, headers, body: Buffer.alloc(0) }, localCredentials.accessKeySecret);
      headers['authorization'] = `MNS ${localCredentials.accessKeyId}:${signature}`;
      const polled = fetch(`${mns.url}${target}`, { headers, signal: gone.signal }).catch(() => 'gone');
      await until(async () => (await waiting()) === 1);
      gone.abort();
      expect(await polled).toBe('gone');
      await until(async () => (await waiting()) === 0);
      await mns.queues.send('q', [{ body: 'x' }]);
      expect((await mns.queues.receive('q', 1))[0]?.dequeueCount).toBe(1);
    });

    it('are answered at once above the number that a queue takes', async () => {
      await putDoor(mns.url, 'settings', { maximumLongPolls: 1 });
      const polled = mns.queues.receive('q', 16, 20);
      await until(async () => (await waiting()) === 1);
      expect(await mns.queues.receive('q', 16, 20)).toEqual([]);
      await mns.queues.send('q', [{ body: 'x' }]);
      expect(await polled).toHaveLength(1);
    });

    it('wait as the queue says when the request does not', async () => {
      await call('PUT', '/queues/q?metaoverride=true', '<Queue><PollingWaitSeconds>20</PollingWaitSeconds></Queue>');
      const polled = call('GET', messages);
      await until(async () => (await waiting()) === 1);
      await mns.queues.send('q', [{ body: 'x' }]);
      expect((await polled).status).toBe(200);
    });
  });

  describe('topics', () => {
    const subscription = (inner: string) => `<Subscription xmlns="http://mns.aliyuncs.com/doc/v1/">${inner}</Subscription>`;
    const endpoint = '<Endpoint>acs:mns:cn-local:1000000000000042:queues/q</Endpoint>';

    it('deliver into the queues that subscribed, by tag and in the format asked for', async () => {
      expect((await call('PUT', '/topics/t', '<Topic/>')).status).toBe(201);
      expect((await call('PUT', '/topics/t', '<Topic/>')).status).toBe(204);
      const bare = subscription(`${endpoint}<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>`);
      expect((await call('PUT', '/topics/t/subscriptions/bare', bare)).status).toBe(201);
      expect((await call('PUT', '/topics/t/subscriptions/bare', bare)).status).toBe(204);
      expect(await call('PUT', '/topics/t/subscriptions/bare', subscription(endpoint))).toMatchObject({ code: 'SubscriptionAlreadyExist' });
      const tagged = subscription(`${endpoint}<FilterTag>red</FilterTag><NotifyContentFormat>JSON</NotifyContentFormat>`);
      await call('PUT', '/topics/t/subscriptions/tagged', tagged);
      await call('POST', '/topics/t/messages', message('<MessageBody>one</MessageBody>'));
      await call('POST', '/topics/t/messages', message('<MessageBody>two</MessageBody><MessageTag>red</MessageTag>'));
      const bodies = (await mns.queues.receive('q', 16)).map((one) => one.body);
      expect(bodies.filter((one) => !one.startsWith('{'))).toEqual(['one', 'two']);
      expect(bodies.filter((one) => one.startsWith('{')).map((one) => JSON.parse(one))).toMatchObject([
        { TopicName: 't', SubscriptionName: 'tagged', Message: 'two', MessageTag: 'red' },
      ]);
      expect((await call('DELETE', '/topics/t/subscriptions/bare')).status).toBe(204);
      expect(await call('GET', '/topics/t/subscriptions/bare')).toMatchObject({ code: 'SubscriptionNotExist' });
      expect((await call('GET', '/topics/t/subscriptions')).text).toContain('subscriptions/tagged');
    });

    it('push to an address until it takes the message', async () => {
      const pushed: string[] = [];
      const server = createServer((request, response) => {
        request.setEncoding('utf8').on('data', (text: string) => pushed.push(text));
        request.on('end', () => response.writeHead(pushed.length < 3 ? 500 : 204).end());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo; // a listening TCP server has an AddressInfo
      const address = `<Endpoint>http://127.0.0.1:${port}/here</Endpoint><NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>`;
      await call('PUT', '/topics/t', '<Topic/>');
      await call('PUT', '/topics/t/subscriptions/s', subscription(`${address}<NotifyStrategy>EXPONENTIAL_DECAY_RETRY</NotifyStrategy>`));
      await call('POST', '/topics/t/messages', message('<MessageBody>one</MessageBody>'));
      const due = async () => (await getDoor<State>(mns.url, 'state')).queues.find((one) => one.name === '.t.s');
      for (const tries of [1, 2]) {
        await until(async () => pushed.length === tries && (await due())?.inactive === 1);
        await mns.advance(10);
      }
      await until(async () => pushed.length === 3 && (await due())?.inactive === 0 && (await due())?.active === 0);
      expect(pushed).toEqual(['one', 'one', 'one']);
      expect((await call('GET', '/queues')).text).not.toContain('.t.s');
      await call('DELETE', '/topics/t');
      expect(await due()).toBeUndefined();
      server.closeAllConnections();
      server.close();
    });

    it('refuse what they cannot deliver to', async () => {
      await call('PUT', '/topics/t', '<Topic/>');
      expect(await call('PUT', '/topics/t/subscriptions/s', subscription('<Endpoint>mail</Endpoint>'))).toMatchObject({
        code: 'EndpointInvalid',
      });
      expect(await call('POST', '/topics/absent/messages', message('<MessageBody>x</MessageBody>'))).toMatchObject({
        code: 'TopicNotExist',
      });
    });
  });

  describe('faults', () => {
    it.each([
      [{ kind: 'throttle' }, { failure: 'throttled', facts: { code: 'QpsLimitExceeded' } }],
      [{ kind: 'error' }, { failure: 'transport', facts: { code: 'InternalError' } }],
      [{ kind: 'error', code: 'AccessDenied', status: 403 }, { failure: 'forbidden' }],
      [{ kind: 'html' }, { failure: 'transport', facts: { code: '' } }],
      [{ kind: 'reset' }, { failure: 'transport', facts: { code: '' } }],
      [{ kind: 'lost-answer' }, { failure: 'transport', facts: { code: '' } }],
    ])('reach the caller as classes: %o', async (fault, expected) => {
      await putDoor(mns.url, 'faults', [{ match: {}, times: 3, ...fault }]);
      const calls = [
        () => mns.queues.send('q', [{ body: 'x' }]),
        () => mns.queues.receive('q', 1),
        () => mns.queues.remove('q', ['1-00000000000000000000000000000000']),
      ];
      for (const attempt of calls) expect(await attempt().catch((error: unknown) => error)).toMatchObject(expected);
      // A fault strikes before the work is done; a lost answer after it: what was sent is there, and received by the call that heard nothing.
      const state = await getDoor<{ readonly queues: readonly { readonly inactive: number }[] }>(mns.url, 'state');
      expect(state.queues[0]?.inactive).toBe(fault.kind === 'lost-answer' ? 1 : 0);
    });

    it('end after the number of times asked for, and are listed with what is left', async () => {
      await putDoor(mns.url, 'faults', [{ match: { action: 'BatchSendMessage' }, times: 2, kind: 'error' }]);
      await expect(mns.queues.send('q', [{ body: 'x' }])).rejects.toThrow();
      expect(await getDoor(mns.url, 'faults')).toMatchObject([{ left: 1 }]);
      await expect(mns.queues.send('q', [{ body: 'x' }])).rejects.toThrow();
      await mns.queues.send('q', [{ body: 'x' }]);
    });

    it('appear in the journal with code and status', async () => {
      await putDoor(mns.url, 'faults', [{ match: { action: 'BatchReceiveMessage', params: { queue: 'q' } }, times: 1, kind: 'throttle' }]);
      await mns.queues.receive('q', 1).catch(() => {});
      const lines = (await (await fetch(`${mns.url}/_/journal?after=0`)).text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.at(-1)).toMatchObject({ action: 'BatchReceiveMessage', params: { queue: 'q' }, status: 400, code: 'QpsLimitExceeded' });
      expect(lines.map((one) => one.seq)).toEqual(lines.map((_one, index) => index + 1));
    });

    it('and settings are refused when they are malformed', async () => {
      await expect(putDoor(mns.url, 'faults', [{ match: {}, kind: 'earthquake' }])).rejects.toThrow(/400/);
      await expect(putDoor(mns.url, 'settings', { shufle: true })).rejects.toThrow(/shufle/);
    });
  });
});
