import Client from '@alicloud/mns';
import { afterEach, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { type LocalFc, startLocalFc } from '#test/support/local-fc.ts';
import { getDoor } from '#test/support/local-mns.ts';
import { until } from '#test/support/until.ts';

interface State {
  readonly topics: readonly { readonly name: string; readonly subscriptions: readonly unknown[] }[];
}

const printing = 'export const handler = async (event) => { console.log(event.toString()); };';

describe('topic triggers', () => {
  let fc: LocalFc;
  afterEach(() => fc.close());

  it('run the function once for each message, in the format asked for', async () => {
    fc = await startLocalFc([
      { name: 'stream', code: printing, triggers: [{ kind: 'topic', topic: 't' }] },
      { name: 'json_form', code: printing, triggers: [{ kind: 'topic', topic: 't', notifyContentFormat: 'JSON', filterTag: 'red' }] },
    ]);
    // The topic is made after the triggers: they wait for it.
    const client = new Client('1', { ...localCredentials, endpoint: fc.mns.url });
    const put = (target: string) => client.request('PUT', target, 'Topic', Buffer.from('<Topic/>'));
    const post = (xml: string) => client.request('POST', '/topics/t/messages', 'Message', Buffer.from(`<Message>${xml}</Message>`));
    await put('/topics/t');
    await until(async () => (await getDoor<State>(fc.mns.url, 'state')).topics[0]?.subscriptions.length === 2);
    await post('<MessageBody>plain</MessageBody>');
    await post('<MessageBody>tagged</MessageBody><MessageTag>red</MessageTag>');
    await until(() => fc.logs.length === 3);
    const printed = (name: string) => fc.logs.filter((one) => one.function === name).map((one) => one.line);
    expect(printed('stream').sort()).toEqual(['plain', 'tagged']);
    expect(printed('json_form').map((line) => JSON.parse(line))).toMatchObject([{ TopicName: 't', Message: 'tagged', MessageTag: 'red' }]);
  });
});
