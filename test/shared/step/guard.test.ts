import { describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import type { Alb } from '#shared/cloud/alb/port.ts';
import { guardWrites, OutOfTime } from '#shared/step/guard.ts';

const callMs = 10_000;

/** Every member of the port, by what it does: a new one must be put into one of the lists. */
const reads: readonly (keyof Alb)[] = [
  'findLoadBalancers',
  'getLoadBalancer',
  'zones',
  'findServerGroups',
  'getServerGroups',
  'listServers',
  'listenerHealth',
  'listListeners',
  'defaultCertificate',
  'listRules',
  'getJobs',
  'close',
];
const writes: readonly (keyof Alb)[] = [
  'createLoadBalancer',
  'updateLoadBalancer',
  'disableDeletionProtection',
  'deleteLoadBalancer',
  'createServerGroup',
  'updateServerGroup',
  'deleteServerGroup',
  'addServers',
  'removeServers',
  'replaceServers',
  'updateServers',
  'createListener',
  'updateListener',
  'deleteListener',
  'createRules',
  'updateRules',
  'deleteRules',
  'tagResources',
  'untagResources',
];

/** Answers each call with its name. */
const echo = Object.fromEntries([...reads, ...writes].map((name) => [name, async () => name])) as unknown as Alb; // the answers are not looked at
const call = (alb: Alb, name: keyof Alb): Promise<unknown> => (alb[name] as () => Promise<unknown>)(); // the echo takes no arguments

describe('the guard of a claim', () => {
  it('knows every call of the port', () => {
    const port = createAlb({ region: 'cn-local', endpoint: 'http://127.0.0.1:9', accessKeyId: 'x', accessKeySecret: 'x' });
    expect(Object.keys(port).sort()).toEqual([...reads, ...writes].sort());
  });

  it.each(writes)('lets no %s begin without time for it', async (name) => {
    await expect(
      call(
        guardWrites(echo, callMs, () => false),
        name,
      ),
    ).rejects.toThrow(OutOfTime);
    await expect(
      call(
        guardWrites(echo, callMs, () => true),
        name,
      ),
    ).resolves.toBe(name);
  });

  it.each(reads)('lets %s through: reading needs no claim', async (name) => {
    await expect(
      call(
        guardWrites(echo, callMs, () => false),
        name,
      ),
    ).resolves.toBe(name);
  });

  it('asks for the time of one whole call, anew each time', async () => {
    const asked: number[] = [];
    const alb = guardWrites(echo, callMs, (ms) => asked.push(ms) < 2);
    await call(alb, 'createRules');
    await expect(call(alb, 'createRules')).rejects.toThrow(OutOfTime);
    expect(asked).toEqual([callMs, callMs]);
  });
});
