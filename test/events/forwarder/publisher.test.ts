import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '#events/contract/envelope.ts';
import { type Key, keyText, type Message } from '#events/contract/messages.ts';
import { readKeyRing } from '#events/contract/signature.ts';
import { Publisher } from '#events/forwarder/publisher.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { createFakeQueues } from '#test/support/fake-queues.ts';
import { createManualTimers } from '#test/support/manual-timers.ts';

const cluster = 'c-1';
const ring = readKeyRing(JSON.stringify({ sign: 'k', keys: [{ id: 'k', secret: randomBytes(32).toString('base64') }] }));
const albConfig = (name: string): Key => ({ kind: 'AlbConfig', cluster, name });
const service = (name: string): Key => ({ kind: 'Service', cluster, namespace: 'shop', name });
const away = new CloudFailure('transport', { action: 'BatchSendMessage', code: '', detail: 'no answer', requestId: '' });

async function setUp() {
  const queues = createFakeQueues();
  await queues.ensureQueue('ingest');
  await queues.ensureQueue('server-group');
  const timers = createManualTimers();
  const outcomes: string[] = [];
  const publisher = new Publisher({
    queues,
    ring,
    windowMs: 200,
    timers,
    random: () => 1,
    now: () => timers.nowMs,
    sent: (queue, keys) => outcomes.push(`${queue} took ${keys.length}`),
    failed: (queue) => outcomes.push(`${queue} failed`),
  });
  const told = (queue: string): readonly Message[] =>
    queues.bodies(queue).map((body) => {
      const opened = decode(body, ring, cluster);
      if (opened.kind !== 'ok') throw new Error(opened.code);
      return opened.message;
    });
  const toldKeys = (queue: string): readonly string[] => told(queue).map((one) => keyText(one.key));
  /** Lets time pass, then everything that it set off. */
  const pass = async (ms: number) => {
    timers.advance(ms);
    // The fakes answer without a timer, so all that follows is done by the next turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queues, timers, publisher, outcomes, told, toldKeys, pass };
}

describe('publisher', () => {
  it('tells one key once however often it changed within the window, with the newest facts', async () => {
    const { publisher, told, pass, queues } = await setUp();
    for (const seen of ['1', '2', '3']) publisher.mark(albConfig('cafe'), { reason: 'modified', seen });
    await pass(199);
    expect(told('ingest')).toEqual([]);
    await pass(1);
    expect(told('ingest')).toMatchObject([{ type: 'albeit.object.changed', reason: 'modified', seen: '3', attempt: 0 }]);
    expect(queues.calls.send).toBe(1);
    publisher.mark(albConfig('cafe'), { reason: 'modified', seen: '4' });
    await pass(200);
    expect(told('ingest')).toHaveLength(2);
  });

  it('sends endpoints by the lane that keeps servers, and everything else to ingest', async () => {
    const { publisher, told, toldKeys, pass } = await setUp();
    publisher.mark(service('tea'), { reason: 'modified', seen: '1' });
    publisher.mark({ kind: 'Cluster', cluster }, { reason: 'resync', seen: '' });
    publisher.mark(albConfig('cafe'), { reason: 'added', seen: '2' });
    await pass(200);
    expect(told('server-group').map((one) => one.type)).toEqual(['albeit.members.requested']);
    expect(toldKeys('ingest')).toEqual(['c-1/Cluster', 'c-1/AlbConfig/cafe']);
    expect(told('ingest')[0]).not.toHaveProperty('seen');
  });

  it('tells members before anything else of the same round: pods do not wait behind rules', async () => {
    const { publisher, outcomes, pass, queues } = await setUp();
    const round = async () => {
      publisher.mark(albConfig('cafe'), { reason: 'modified', seen: '1' });
      for (let i = 0; i < 20; i += 1) publisher.mark(service(`s${i}`), { reason: 'modified', seen: '1' });
      await pass(200);
    };
    await round();
    expect(outcomes).toEqual(['server-group took 16', 'server-group took 4', 'ingest took 1']);
    // What cannot be told keeps nobody else from being told.
    queues.failNext(away, 2);
    await round();
    expect(outcomes.slice(3)).toEqual(['server-group failed', 'server-group failed', 'ingest took 1']);
  });

  it('says that a Service changed itself, if any of its changes said so, also when it has to be told again', async () => {
    const { publisher, told, pass, queues } = await setUp();
    publisher.mark(service('tea'), { reason: 'modified', seen: '1', whole: true });
    publisher.mark(service('tea'), { reason: 'modified', seen: '2' });
    publisher.mark(service('coffee'), { reason: 'modified', seen: '3' });
    queues.failNext(away);
    await pass(200);
    publisher.mark(service('tea'), { reason: 'modified', seen: '4' });
    await pass(500);
    const whole = told('server-group').map((one) => [keyText(one.key), one.type === 'albeit.members.requested' && one.whole === true]);
    expect(Object.fromEntries(whole)).toEqual({ 'c-1/Service/shop/tea': true, 'c-1/Service/shop/coffee': false });
    expect(whole).toHaveLength(2);
  });

  it('begins a trace with every message', async () => {
    const { publisher, queues, pass } = await setUp();
    publisher.mark(service('tea'), { reason: 'modified', seen: '1' });
    publisher.mark(service('coffee'), { reason: 'modified', seen: '1' });
    await pass(200);
    const traces = queues.bodies('server-group').map((body) => {
      const opened = decode(body, ring, cluster);
      return opened.kind === 'ok' ? opened.traceparent : undefined;
    });
    for (const trace of traces) expect(trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(new Set(traces).size).toBe(2);
  });

  it('sends in batches of 16', async () => {
    const { publisher, outcomes, pass } = await setUp();
    for (let i = 0; i < 40; i += 1) publisher.mark(service(`s${i}`), { reason: 'modified', seen: '1' });
    await pass(200);
    expect(outcomes).toEqual(['server-group took 16', 'server-group took 16', 'server-group took 8']);
  });

  it('keeps keys while the queue is away, tries less and less often, and loses nothing', async () => {
    const { publisher, queues, outcomes, toldKeys, timers, pass } = await setUp();
    queues.failNext(away, 9);
    publisher.mark(albConfig('cafe'), { reason: 'modified', seen: '1' });
    await pass(200);
    const waits: number[] = [];
    while (publisher.pending.size > 0) {
      waits.push(timers.waiting[0] ?? 0);
      publisher.mark(albConfig('cafe'), { reason: 'modified', seen: '2' });
      await pass(timers.waiting[0] ?? 0);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(outcomes.filter((one) => one === 'ingest failed')).toHaveLength(9);
    expect(toldKeys('ingest')).toEqual(['c-1/AlbConfig/cafe']);
    expect(publisher.failures).toBe(0);
  });

  it('lets the keys behind a batch that is refused go, and that batch last', async () => {
    const { publisher, queues, toldKeys, pass } = await setUp();
    queues.failNext(away, 1);
    for (let i = 0; i < 32; i += 1) publisher.mark(service(`s${i}`), { reason: 'modified', seen: '1' });
    await pass(200);
    expect(toldKeys('server-group')).toHaveLength(16);
    expect(toldKeys('server-group')[0]).toBe('c-1/Service/shop/s16');
    await pass(500);
    expect(new Set(toldKeys('server-group')).size).toBe(32);
  });

  it('holds no more entries than there are keys, whatever happens while the queue is away', async () => {
    const { publisher, queues, pass } = await setUp();
    queues.failNext(away, 1000);
    for (let round = 0; round < 50; round += 1) {
      for (let i = 0; i < 10; i += 1) publisher.mark(service(`s${i}`), { reason: 'modified', seen: String(round) });
      await pass(30_000);
    }
    expect(publisher.pending.size).toBe(10);
    expect(publisher.pending.oldest).toBe(0);
  });

  it('tells what is pending when it stops, and says what it could not', async () => {
    const { publisher, queues, toldKeys } = await setUp();
    publisher.mark(albConfig('cafe'), { reason: 'modified', seen: '1' });
    expect(await publisher.stop()).toBe(0);
    expect(toldKeys('ingest')).toEqual(['c-1/AlbConfig/cafe']);
    const again = await setUp();
    again.queues.failNext(away, 5);
    again.publisher.mark(albConfig('cafe'), { reason: 'modified', seen: '1' });
    again.publisher.mark(service('tea'), { reason: 'modified', seen: '1' });
    expect(await again.publisher.stop()).toBe(2);
    expect(queues.bodies('ingest')).toHaveLength(1);
  });

  it('loses no key in any interleaving of changes, failures and time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
        const scene = await setUp();
        const newest = new Map<string, string>();
        for (const [index, step] of steps.entries()) await play(scene, step, String(index), newest);
        for (let round = 0; round < 200 && scene.publisher.pending.size > 0; round += 1) await scene.pass(30_000);
        const told = new Map([...scene.told('ingest'), ...scene.told('server-group')].map((one) => [keyText(one.key), one]));
        expect([...told.keys()].sort()).toEqual([...newest.keys()].sort());
        for (const one of told.values()) {
          if (one.type === 'albeit.object.changed') expect(one.seen).toBe(newest.get(keyText(one.key)));
        }
      }),
      { numRuns: 60 },
    );
  });
});

const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('mark' as const), name: fc.constantFrom('a', 'b', 'c', 'd'), lane: fc.boolean() }),
  fc.record({ kind: fc.constant('fail' as const), times: fc.nat({ max: 4 }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 40_000 }) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

async function play(scene: Awaited<ReturnType<typeof setUp>>, step: Step, seen: string, newest: Map<string, string>): Promise<void> {
  if (step.kind === 'fail') return scene.queues.failNext(away, step.times);
  if (step.kind === 'pass') return scene.pass(step.ms);
  const key = step.lane ? service(step.name) : albConfig(step.name);
  scene.publisher.mark(key, { reason: 'modified', seen });
  newest.set(keyText(key), seen);
}
