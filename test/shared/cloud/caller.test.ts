import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import type { CallReport } from '#shared/cloud/options.ts';
import { type CloudWire, type Reply, startCloudWire } from '../../support/cloud-wire.ts';

let wire: CloudWire;
beforeEach(async () => {
  wire = await startCloudWire();
});
afterEach(() => wire.stop());

const refusal = (Code: string, status = 400): Reply => ({ status, body: { Code, Message: 'because of that', RequestId: 'REQ-1' } });

async function failureFrom(reply: Reply, callTimeoutMs = 5_000): Promise<CloudFailure> {
  wire.answer(() => reply);
  const alb = createAlb({ ...wire.options, callTimeoutMs });
  try {
    await alb.zones();
  } catch (error) {
    if (error instanceof CloudFailure) return error;
    throw error;
  } finally {
    alb.close();
  }
  throw new Error('the call succeeded');
}

describe('a cloud call', () => {
  it('says what the service said, with its request id', async () => {
    const failure = await failureFrom(refusal('QuotaExceeded.ServerGroupsNum'));
    expect(failure.failure).toBe('quota');
    expect(failure.facts).toEqual({
      action: 'DescribeZones',
      code: 'QuotaExceeded.ServerGroupsNum',
      detail: 'because of that',
      requestId: 'REQ-1',
    });
  });

  it('passes on how long a throttled caller is asked to wait', async () => {
    const failure = await failureFrom({
      status: 429,
      headers: { 'x-acs-retry-after': '1500' },
      body: { Code: 'Throttling.User', Message: 'slow down', RequestId: 'R' },
    });
    expect(failure.failure).toBe('throttled');
    expect(failure.retryAfterMs).toBe(1500);
  });

  it('takes an HTML page, an empty answer and a reset for a transport failure', async () => {
    for (const reply of [{ raw: '<html>502</html>', status: 502 }, { raw: '' }, 'reset'] as const) {
      expect((await failureFrom(reply)).failure).toBe('transport');
    }
  });

  it('takes a 5xx without a known code for a transport failure', async () => {
    expect((await failureFrom(refusal('Whatever', 503))).failure).toBe('transport');
  });

  it('gives up by its own deadline and leaves no connection behind', async () => {
    const failure = await failureFrom('silence', 50);
    expect(failure.failure).toBe('transport');
    await expect.poll(() => wire.openSockets()).toBe(0);
  });

  it('never tries again by itself', async () => {
    await failureFrom(refusal('SystemBusy'));
    expect(wire.calls).toHaveLength(1);
  });

  it('reports every call once, with the code it failed with', async () => {
    const reports: CallReport[] = [];
    const alb = createAlb({ ...wire.options, onCall: (call) => reports.push(call) });
    wire.answer(() => ({ body: { RequestId: 'R', Zones: [] } }));
    await alb.zones();
    wire.answer(() => refusal('SystemBusy'));
    await expect(alb.deleteListener('lsn-1', 't')).rejects.toBeInstanceOf(CloudFailure);
    alb.close();
    expect(reports.map(({ product, action, write, code }) => [product, action, write, code])).toEqual([
      ['alb', 'DescribeZones', false, ''],
      ['alb', 'DeleteListener', true, 'SystemBusy'],
    ]);
  });

  it('uses one connection again, ends it on close, and works afterwards', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', Zones: [] } }));
    const alb = createAlb(wire.options);
    await alb.zones();
    await alb.zones();
    expect(wire.openSockets()).toBe(1);
    alb.close();
    await expect.poll(() => wire.openSockets()).toBe(0);
    expect(await alb.zones()).toEqual([]);
    alb.close();
  });

  it('leaves a connection alone that another adapter has taken over', async () => {
    wire.answer(() => ({ body: { RequestId: 'R', Zones: [] } }));
    const [first, second] = [createAlb(wire.options), createAlb(wire.options)];
    await first.zones();
    await second.zones(); // on the same socket: the SDK's agent is one for the whole process
    expect(wire.openSockets()).toBe(1);
    first.close();
    await second.zones();
    expect(wire.openSockets()).toBe(1);
    second.close();
    await expect.poll(() => wire.openSockets()).toBe(0);
  });

  it('signs with temporary credentials when it has them, and never shows a secret in a failure', async () => {
    wire.answer(() => refusal('Forbidden.RAM', 403));
    const alb = createAlb({ ...wire.options, accessKeySecret: 'SECRET-KEY', securityToken: 'SECRET-TOKEN' });
    const failure = await alb.zones().catch((error: unknown) => error);
    alb.close();
    expect(wire.calls[0]?.headers['x-acs-security-token']).toBe('SECRET-TOKEN');
    expect(failure).toBeInstanceOf(CloudFailure);
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain('SECRET');
  });

  it('refuses an endpoint that is none before any call', () => {
    expect(() => createAlb({ ...wire.options, endpoint: 'http://a/b' })).toThrow(/not an endpoint/);
  });
});
