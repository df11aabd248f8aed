import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { localCredentials } from '#infra/local/credentials.ts';
import { functionSpec, periodMs } from '#infra/local/fc/function-spec.ts';
import { startFunctionHost } from '#infra/local/fc/start.ts';
import { functionsIn, type LocalFc, startLocalFc } from '#test/support/local-fc.ts';
import { putDoor, scratchFolder } from '#test/support/local-mns.ts';
import { until } from '#test/support/until.ts';

const good = { name: 'f', bundle: '/f.mjs', timeoutSeconds: 3, memoryMiB: 128, concurrency: 1 };
const queue = { kind: 'queue', queue: 'q', batch: 16, asyncInvocation: true, errorsTolerance: 'ALL' };

describe('what can be deployed', () => {
  it.each([
    ['a name that begins with a digit', { name: '1f' }],
    ['memory that is no multiple of 64 MB', { memoryMiB: 200 }],
    ['a time limit over a day', { timeoutSeconds: 86_401 }],
    ['a variable with the prefix of the service', { environment: { FC_X: '1' } }],
    ['more than 4 KB of variables', { environment: { LARGE: 'x'.repeat(4096) } }],
    ['a window of 16 seconds', { triggers: [{ ...queue, windowSeconds: 16 }] }],
    ['no word on errors', { triggers: [{ ...queue, errorsTolerance: undefined }] }],
    ['nine retries', { maxAsyncRetryAttempts: 9 }],
    ['a calendar', { triggers: [{ kind: 'timer', cronExpression: '0 0 4 * * *' }] }],
    ['an unknown field', { colour: 'red' }],
  ])('is not %s', (_what, facts) => {
    expect(functionSpec.safeParse(good).success).toBe(true);
    expect(functionSpec.safeParse({ ...good, ...facts }).success).toBe(false);
  });

  it.each([
    ['@every 5m', 300_000],
    ['@every 1h30m', 5_400_000],
    ['@every 2s', 2000],
  ])('reads %s', (expression, period) => {
    expect(periodMs(expression)).toBe(period);
  });

  it('is not a bundle that is missing, nor a name twice', async () => {
    const { dir, remove } = scratchFolder();
    const options = { credentials: localCredentials, mnsEndpoint: 'http://127.0.0.1:1', dir };
    const missing = { ...good, bundle: join(dir, 'none.mjs') };
    await expect(startFunctionHost({ ...options, functions: [missing] })).rejects.toThrow(/no bundle/);
    const [present] = functionsIn(dir, [{ name: 'f', code: '' }]);
    if (present === undefined) throw new Error('unreachable');
    await expect(startFunctionHost({ ...options, functions: [present, present] })).rejects.toThrow(/two functions/);
    remove();
  });
});

describe('timers and faults', () => {
  let fc: LocalFc;
  afterEach(() => fc.close());

  it('invoke with the event of a timer', async () => {
    const code = 'export const handler = async (event) => { console.log(event.toString()); };';
    const trigger = { kind: 'timer', name: 'sweep', cronExpression: '@every 1s', payload: '{"a":1}' } as const;
    fc = await startLocalFc([{ name: 'timed', code, triggers: [trigger] }]);
    await until(() => fc.logs.length > 0);
    const event = JSON.parse(fc.logs[0]?.line ?? '{}');
    expect(event).toMatchObject({ triggerName: 'sweep', payload: '{"a":1}' });
    expect(event.triggerTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('refuse, crash and slow down executions by attempt', async () => {
    fc = await startLocalFc([
      { name: 'calm', code: 'export const handler = () => new Promise((done) => setTimeout(() => done("done"), 20));' },
    ]);
    const match = { action: 'InvokeFunction', params: { function: 'calm', attempt: '1' } };
    await putDoor(fc.url, 'faults', [
      { match, times: 1, kind: 'failed-job' },
      { match, times: 1, kind: 'throttle' },
      { match, times: 1, kind: 'error' },
    ]);
    const crashed = await fc.invoke('calm', '');
    expect(crashed.headers.get('x-fc-error-type')).toBe('UnhandledInvocationError');
    expect((await fc.invoke('calm', '')).status).toBe(429);
    expect((await fc.invoke('calm', '')).status).toBe(503);
    expect((await fc.invoke('calm', '')).text).toBe('done');
  });
});
