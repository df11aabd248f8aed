import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FunctionInput } from '#infra/local/fc/function-spec.ts';
import { type LocalFc, startLocalFc } from '#test/support/local-fc.ts';
import { getDoor, putDoor } from '#test/support/local-mns.ts';
import { until } from '#test/support/until.ts';

/** Appends every event to the file in its environment; an event with the word "poison" fails as long as there is no file `<file>.cured`. */
const collecting = `
import { appendFileSync, existsSync } from 'node:fs';
export const handler = async (event) => {
  const file = process.env.RECORD;
  appendFileSync(file, event.toString() + '\\n');
  if (event.includes('poison') && !existsSync(file + '.cured')) throw new Error('poison');
};`;

type Trigger = NonNullable<FunctionInput['triggers']>[number];
const queueTrigger = (facts: Partial<Extract<Trigger, { kind: 'queue' }>> = {}): Trigger => ({
  kind: 'queue',
  queue: 'work',
  batch: 16,
  asyncInvocation: true,
  errorsTolerance: 'ALL',
  deadLetterQueue: 'dead',
  ...facts,
});

interface MnsState {
  readonly queues: readonly { readonly name: string; readonly messages: readonly unknown[] }[];
}

describe('queue triggers', () => {
  let fc: LocalFc;
  afterEach(async () => {
    await fc.close();
    rmSync(fc.dir, { recursive: true });
  });

  const file = () => join(fc.dir, 'record');
  const pushes = () =>
    existsSync(file())
      ? readFileSync(file(), 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line))
      : [];
  const bodies = () => pushes().flatMap((push) => [push].flat().map((one) => one.data?.messageBody ?? one.messageBody));
  const held = async (queue: string) =>
    (await getDoor<MnsState>(fc.mns.url, 'state')).queues.find((one) => one.name === queue)?.messages.length;
  const send = (...texts: readonly string[]) =>
    fc.mns.queues.send(
      'work',
      texts.map((body) => ({ body })),
    );

  const start = async (triggers: readonly Trigger[], settings = {}, facts: Partial<FunctionInput> = {}) => {
    const record = join(mkdtempSync(join(tmpdir(), 'albeit-record-')), 'record');
    const started = await startLocalFc(
      [{ name: 'collecting', code: collecting, environment: { RECORD: record }, triggers: [...triggers], ...facts }],
      settings,
      ['work', 'other', 'dead'],
    );
    fc = { ...started, dir: join(record, '..') };
  };

  it('delivers messages as CloudEvents, decoded, and deletes them', async () => {
    await start([queueTrigger()]);
    await send('{"a":"<&>"}');
    await until(() => bodies().length === 1);
    await until(async () => (await held('work')) === 0);
    expect(pushes()[0]).toMatchObject([
      {
        specversion: '1.0',
        type: 'mns:Queue:SendMessage',
        subject: 'acs:mns:cn-local:1000000000000042:queues/work',
        data: { messageBody: '{"a":"<&>"}' },
      },
    ]);
  });

  it('delivers bare data and single objects where the trigger says so', async () => {
    await start([queueTrigger({ eventSchema: 'RawData', mode: 'event-driven', base64Decode: false })]);
    await send('one', 'two');
    await until(() => pushes().length === 2);
    expect(bodies().sort()).toEqual([Buffer.from('one').toString('base64'), Buffer.from('two').toString('base64')].sort());
  });

  it('batches what is there, and cuts a batch that is over the size of an asynchronous payload', async () => {
    await start([queueTrigger()]);
    await send('warm');
    await until(() => bodies().length === 1);
    await send(...Array.from({ length: 8 }, (_, index) => `${index}-${'x'.repeat(30_000)}`));
    await until(() => bodies().length === 9);
    expect(pushes().every((push) => JSON.stringify(push).length <= 128 * 1024)).toBe(true);
    expect(pushes().length).toBeLessThan(9);
  });

  it('serves two queues with one function', async () => {
    await start([queueTrigger(), queueTrigger({ queue: 'other' })]);
    await send('from work');
    await fc.mns.queues.send('other', [{ body: 'from other' }]);
    await until(() => bodies().length === 2);
    expect(bodies().sort()).toEqual(['from other', 'from work']);
  });

  it('goes on past a failing event, which reaches the failure destination', async () => {
    await start([queueTrigger({ batch: 1 })], {}, { failureDestinationQueue: 'dead', maxAsyncRetryAttempts: 1 });
    await send('poison', 'good');
    await until(async () => (await held('dead')) === 1);
    await until(async () => (await held('work')) === 0);
    expect(bodies().filter((one) => one === 'poison')).toHaveLength(2);
    await until(() => bodies().includes('good'));
    const [letter] = await fc.mns.queues.receive('dead', 1);
    expect(JSON.parse(letter?.body ?? '{}')).toMatchObject({ requestContext: { approximateInvokeCount: 2 } });
  });

  it('keeps messages until the function succeeded when the switch says so', async () => {
    await start([queueTrigger()], { acknowledge: 'after', errorRetryFirstMs: 20 });
    await send('poison');
    await until(() => bodies().length >= 1);
    expect(await held('work')).toBe(1);
    writeFileSync(`${file()}.cured`, '');
    await until(async () => (await held('work')) === 0);
  });

  it('sends the data itself to the dead-letter queue when synchronous pushes are used up', async () => {
    await start([queueTrigger({ asyncInvocation: false })], { pushTries: 3 });
    await send('poison');
    await until(async () => (await held('dead')) === 1);
    expect(bodies()).toEqual(['poison', 'poison', 'poison']);
    expect((await fc.mns.queues.receive('dead', 1))[0]?.body).toBe('poison');
    await until(async () => (await held('work')) === 0);
  });

  it('blocks on a bad event without tolerance, and goes on when it is cured', async () => {
    await start([queueTrigger({ asyncInvocation: false, errorsTolerance: 'NONE', batch: 1 })], { pushTries: 1 });
    await send('poison');
    await until(() => bodies().length >= 3);
    await send('good');
    expect(bodies()).not.toContain('good');
    writeFileSync(`${file()}.cured`, '');
    await until(() => bodies().includes('good'));
    expect(await held('dead')).toBe(0);
  });

  it('delivers every batch twice when the switch says so', async () => {
    await start([queueTrigger()], { duplicate: true });
    await send('once');
    await until(() => bodies().length === 2);
    expect(bodies()).toEqual(['once', 'once']);
  });

  it('outlives a queue service that fails, resets and answers with pages', async () => {
    await start([queueTrigger()], { pollSeconds: 1 });
    await putDoor(fc.mns.url, 'faults', [
      { match: { action: 'BatchReceiveMessage' }, times: 2, kind: 'html' },
      { match: { action: 'BatchReceiveMessage' }, times: 2, kind: 'reset' },
      { match: { action: 'BatchReceiveMessage' }, times: 1, kind: 'throttle' },
    ]);
    await send('still here');
    await until(() => bodies().length === 1, 'the message to arrive', 10_000);
  });

  it('delivers after any number of polls that were answered at once as empty', async () => {
    await start([queueTrigger()], { pollSeconds: 1 });
    await putDoor(fc.mns.url, 'faults', [
      { match: { action: 'BatchReceiveMessage' }, times: 4, kind: 'error', code: 'MessageNotExist', status: 404 },
    ]);
    await send('after all');
    await until(() => bodies().length === 1);
  });
});
