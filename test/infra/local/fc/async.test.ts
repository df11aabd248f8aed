import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type LocalFc, startLocalFc } from '#test/support/local-fc.ts';
import { getDoor, putDoor } from '#test/support/local-mns.ts';
import { until } from '#test/support/until.ts';

/** Appends a line for each execution to the file that the event names, then fails as often as the event says. */
const recording = `
import { appendFileSync, readFileSync } from 'node:fs';
export const handler = async (event, context) => {
  const { file, failures } = JSON.parse(event);
  appendFileSync(file, context.requestId + '\\n');
  if (readFileSync(file, 'utf8').trim().split('\\n').length <= failures) throw new Error('not yet');
  return 'done';
};`;

/** Appends start and end; in between it waits for the file \`<file>.open\`. */
const gated = `
import { appendFileSync, existsSync } from 'node:fs';
export const handler = async (event) => {
  const { file, name } = JSON.parse(event);
  appendFileSync(file, 'start ' + name + '\\n');
  while (!existsSync(file + '.open')) await new Promise((done) => setTimeout(done, 5));
  appendFileSync(file, 'end ' + name + '\\n');
};`;

const async = { 'x-fc-invocation-type': 'Async' };
const linesOf = (file: string): readonly string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []);

interface Task {
  readonly status: string;
  readonly executions: number;
  readonly throttled: number;
}
interface State {
  readonly asyncRequests: readonly Task[];
}

describe('asynchronous invocation', () => {
  let fc: LocalFc;
  const pending = async () => (await getDoor<State>(fc.url, 'state')).asyncRequests;
  const allEnded = () => until(async () => (await pending()).length === 0, 'every request to end');
  const deadLetters = async () => {
    const found = await fc.mns.queues.receive('failures', 16);
    return found.map((one) => JSON.parse(one.body));
  };
  afterEach(() => fc.close());

  it('answers 202 at once and runs the function later', async () => {
    fc = await startLocalFc([{ name: 'recording', code: recording }]);
    const file = join(fc.dir, 'runs');
    const answer = await fc.invoke('recording', JSON.stringify({ file, failures: 0 }), async);
    expect(answer.status).toBe(202);
    expect(answer.text).toBe('');
    await allEnded();
    expect(linesOf(file)).toEqual([answer.headers.get('x-fc-request-id')]);
  });

  it('runs a failing function again until it succeeds', async () => {
    fc = await startLocalFc([{ name: 'recording', code: recording, failureDestinationQueue: 'failures' }], {}, ['failures']);
    const file = join(fc.dir, 'runs');
    await fc.invoke('recording', JSON.stringify({ file, failures: 3 }), async);
    await allEnded();
    expect(linesOf(file)).toHaveLength(4);
    expect(await deadLetters()).toEqual([]);
  });

  it('tells the failure destination when no try is left', async () => {
    fc = await startLocalFc([{ name: 'recording', code: recording, failureDestinationQueue: 'failures', maxAsyncRetryAttempts: 1 }], {}, [
      'failures',
    ]);
    const file = join(fc.dir, 'runs');
    const event = JSON.stringify({ file, failures: 9 });
    const { headers } = await fc.invoke('recording', event, async);
    await allEnded();
    expect(linesOf(file)).toHaveLength(2);
    const [document, ...others] = await deadLetters();
    expect(others).toEqual([]);
    expect(document).toMatchObject({
      requestContext: {
        requestId: headers.get('x-fc-request-id'),
        functionArn: 'acs:fc:cn-local:1000000000000042:functions/recording',
        condition: 'UnhandledInvocationError',
        approximateInvokeCount: 2,
      },
      requestPayload: event,
      responseContext: { statusCode: 200, functionError: 'UnhandledInvocationError' },
    });
    expect(JSON.parse(document.responsePayload)).toMatchObject({ errorMessage: 'not yet' });
  });

  it('keeps the failure until the destination can be reached', async () => {
    fc = await startLocalFc([
      {
        name: 'bad',
        code: 'export const handler = async () => { throw new Error("no"); };',
        failureDestinationQueue: 'failures',
        maxAsyncRetryAttempts: 0,
      },
    ]);
    await fc.invoke('bad', 'x', async);
    await until(async () => (await pending())[0]?.status === 'Failed');
    await fc.mns.queues.ensureQueue('failures');
    await allEnded();
    expect(await deadLetters()).toHaveLength(1);
  });

  it('drops a failure that is larger than a message may be, and says so in the journal', async () => {
    const code = 'export const handler = async () => { throw new Error("no"); };';
    fc = await startLocalFc([{ name: 'bad', code, failureDestinationQueue: 'failures', maxAsyncRetryAttempts: 0 }], {}, ['failures']);
    await fc.invoke('bad', 'x'.repeat(70_000), async);
    await allEnded();
    expect(await deadLetters()).toEqual([]);
    expect(await (await fetch(`${fc.url}/_/journal`)).text()).toContain('"SendToDestination"');
  });

  it.each(['after-wait', 'when-free'] as const)(
    'never runs more than the concurrency, and loses none that had to wait: %s',
    async (throttledStart) => {
      fc = await startLocalFc([{ name: 'gated', code: gated, concurrency: 2 }], { throttledStart });
      const file = join(fc.dir, 'runs');
      for (const name of ['a', 'b', 'c', 'd', 'e']) await fc.invoke('gated', JSON.stringify({ file, name }), async);
      await until(async () => linesOf(file).length === 2 && (await pending()).filter((one) => one.throttled > 0).length === 3);
      writeFileSync(`${file}.open`, '');
      await allEnded();
      const lines = linesOf(file);
      expect(lines.filter((line) => line.startsWith('end')).sort()).toEqual(['end a', 'end b', 'end c', 'end d', 'end e']);
      expect(lines).toHaveLength(10);
    },
  );

  it('refuses a task id that was used before', async () => {
    fc = await startLocalFc([{ name: 'recording', code: recording }]);
    const event = JSON.stringify({ file: join(fc.dir, 'runs'), failures: 0 });
    const headers = { ...async, 'x-fc-async-task-id': 'event-7' };
    expect((await fc.invoke('recording', event, headers)).status).toBe(202);
    const again = await fc.invoke('recording', event, headers);
    expect(again.status).toBe(409);
    await allEnded();
    expect(linesOf(join(fc.dir, 'runs'))).toHaveLength(1);
    expect((await fc.invoke('recording', event, headers)).status).toBe(409);
  });

  it('counts a fault that crashes the second attempt as one of the tries', async () => {
    fc = await startLocalFc([{ name: 'recording', code: recording }]);
    await putDoor(fc.url, 'faults', [
      { match: { action: 'InvokeFunction', params: { attempt: '1' } }, times: 1, kind: 'throttle' },
      { match: { action: 'InvokeFunction', params: { attempt: '1' } }, times: 1, kind: 'lost-answer' },
    ]);
    const file = join(fc.dir, 'runs');
    appendFileSync(file, '');
    await fc.invoke('recording', JSON.stringify({ file, failures: 0 }), async);
    await allEnded();
    expect(linesOf(file)).toHaveLength(2); // one whose answer was lost, one more
  });
});
