import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalFc, startLocalFc } from '#test/support/local-fc.ts';
import { getDoor } from '#test/support/local-mns.ts';

const echo = `export const handler = async (event, context) => ({ isBuffer: Buffer.isBuffer(event), text: event.toString(), context, env: process.env });`;
const forms = `export const handler = async (event) => ({ buffer: Buffer.from([1, 2]), number: 7, text: 'plain' })[event.toString()];`;
const throwing = `
class OddError extends Error {}
export const handler = async () => { throw new OddError('cannot'); };`;
const hanging = `export const handler = () => new Promise(() => setInterval(() => {}, 1000));`;
const crashing = `export const handler = async () => { process.exit(3); };`;
const counting = `let count = 0; export const handler = async () => { count += 1; console.log('count', count); return String(count); };`;
const gated = `
import { existsSync } from 'node:fs';
export const handler = async (event) => {
  while (!existsSync(event.toString())) await new Promise((done) => setTimeout(done, 10));
  return 'open';
};`;

interface State {
  readonly functions: readonly { readonly name: string; readonly instances: readonly { readonly pid: number; readonly state: string }[] }[];
}

describe('invoking functions', () => {
  let fc: LocalFc;
  const instancesOf = async (name: string) =>
    (await getDoor<State>(fc.url, 'state')).functions.find((one) => one.name === name)?.instances ?? [];

  beforeAll(async () => {
    fc = await startLocalFc([
      { name: 'echo', code: echo, environment: { OWN: 'value' } },
      { name: 'forms', code: forms },
      { name: 'throwing', code: throwing },
      { name: 'hanging', code: hanging, timeoutSeconds: 0.3 },
      { name: 'crashing', code: crashing },
      { name: 'counting', code: counting },
      { name: 'gated', code: gated, concurrency: 1 },
      { name: 'broken', code: `import 'no-such-module'; export const handler = async () => 1;` },
      { name: 'elsewhere', code: `export const other = async () => 'other';`, handler: 'index.other' },
      { name: 'nothing', code: 'export const x = 1;' },
    ]);
  });
  afterAll(() => fc.close());

  it('gives the handler a Buffer, the context and the environment of the service', async () => {
    const answer = await fc.invoke('echo', '{"a":1}');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-fc-error-type')).toBeNull();
    const seen = JSON.parse(answer.text);
    expect(seen).toMatchObject({ isBuffer: true, text: '{"a":1}' });
    expect(seen.context).toMatchObject({
      requestId: answer.headers.get('x-fc-request-id'),
      function: { name: 'echo', handler: 'index.handler', memory: 128, timeout: 10 },
      region: 'cn-local',
    });
    expect(seen.context.credentials.accessKeyId).toMatch(/^STS\./);
    expect(seen.context.credentials.securityToken).not.toBe('');
    expect(seen.env).toMatchObject({ OWN: 'value', FC_FUNCTION_NAME: 'echo', FC_REGION: 'cn-local', FC_FUNCTION_MEMORY_SIZE: '128' });
    expect(seen.env['ALIBABA_CLOUD_ACCESS_KEY_ID']).toMatch(/^STS\./);
    expect(seen.env['VITEST']).toBeUndefined();
  });

  it('turns what is returned into bytes as the service does', async () => {
    expect((await fc.invoke('forms', 'buffer')).text).toBe('\x01\x02');
    expect((await fc.invoke('forms', 'number')).text).toBe('7');
    expect((await fc.invoke('forms', 'text')).text).toBe('plain');
    expect((await fc.invoke('elsewhere', '')).text).toBe('other');
  });

  it('answers 200 with an error type when the function throws', async () => {
    const answer = await fc.invoke('throwing', '');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-fc-error-type')).toBe('UnhandledInvocationError');
    expect(JSON.parse(answer.text)).toMatchObject({ errorMessage: 'cannot', errorType: 'OddError', stackTrace: expect.any(Array) });
  });

  it.each(['hanging', 'crashing', 'broken', 'nothing'])('answers with a message alone when the instance is lost: %s', async (name) => {
    const answer = await fc.invoke(name, '');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-fc-error-type')).toBe('UnhandledInvocationError');
    expect(Object.keys(JSON.parse(answer.text))).toEqual(['errorMessage']);
    expect(await instancesOf(name)).toEqual([]);
  });

  it('keeps an instance for the next request, and tells what it printed', async () => {
    expect((await fc.invoke('counting', '')).text).toBe('1');
    const again = await fc.invoke('counting', '', { 'x-fc-log-type': 'Tail' });
    expect(again.text).toBe('2');
    expect(Buffer.from(again.headers.get('x-fc-log-result') ?? '', 'base64').toString()).toBe('count 2\n');
    expect(fc.logs.filter((one) => one.function === 'counting').map((one) => one.line)).toEqual(['count 1', 'count 2']);
    expect(await instancesOf('counting')).toMatchObject([{ state: 'frozen' }]);
  });

  it('runs one request an instance and refuses what is above the concurrency', async () => {
    const gate = `${fc.dir}/gate`;
    const first = fc.invoke('gated', gate);
    await vi.waitFor(async () => expect(await instancesOf('gated')).toMatchObject([{ state: 'busy' }]), 20_000);
    const second = await fc.invoke('gated', gate);
    expect(second.status).toBe(429);
    expect(JSON.parse(second.text)).toMatchObject({ ErrorCode: 'ResourceExhausted' });
    await fc.invoke('echo', '');
    writeFileSync(gate, '');
    expect((await first).text).toBe('open');
  });

  it('refuses unknown functions, large payloads and bad signatures', async () => {
    expect((await fc.invoke('absent', '')).status).toBe(404);
    const large = await fc.invoke('echo', 'x'.repeat(128 * 1024 + 1), { 'x-fc-invocation-type': 'Async' });
    expect(JSON.parse(large.text)).toMatchObject({ ErrorCode: 'EntityTooLarge' });
    const unsigned = await fetch(`${fc.url}/2023-03-30/functions/echo/invocations`, { method: 'POST', body: 'x' });
    expect(unsigned.status).toBe(400);
    const forged = await fetch(`${fc.url}/2016-08-15/services/s/functions/echo/invocations`, {
      method: 'POST',
      headers: { authorization: 'FC LTAIlocalAlbeit:AAAA', date: new Date().toUTCString(), 'x-fc-account-id': '1' },
    });
    expect(forged.status).toBe(403);
    expect(await forged.json()).toMatchObject({ ErrorCode: 'SignatureNotMatch' });
  });

  it('writes each execution into the journal', async () => {
    const lines = await (await fetch(`${fc.url}/_/journal?after=0`)).text();
    const entries = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const counting = entries.filter((one) => one.function === 'counting');
    expect(counting.map((one) => one.cold)).toEqual([true, false]);
    expect(entries.find((one) => one.function === 'throwing')).toMatchObject({ status: 200, errorType: 'UnhandledInvocationError' });
    expect(entries.some((one) => one.function === 'gated' && one.status === 429)).toBe(true);
  });
});
