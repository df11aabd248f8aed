import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { deadLetterSchema } from '#events/contract/dead-letter.ts';
import { decode, encode } from '#events/contract/envelope.ts';
import { keyText, type Message } from '#events/contract/messages.ts';
import { readKeyRing, signContent } from '#events/contract/signature.ts';
import { handler as dispatch } from '#functions/dispatch/index.ts';
import { handler as sweep } from '#functions/sweep/index.ts';
import { localCredentials } from '#infra/local/credentials.ts';
import { done, type Outcome } from '#shared/step/outcome.ts';
import { type Served, serve } from '#shared/step/serve.ts';
import type { Settlement } from '#shared/step/workshop.ts';
import { deadLetterQueue, steps } from '#shared/steps.ts';
import { type LocalMns, startLocalMns } from '#test/support/local-mns.ts';

const examples = new URL('../../../events/contract/examples/', import.meta.url);
const ringText = readFileSync(new URL('ring.json', examples), 'utf8');
const ring = readKeyRing(ringText);
const queues = [...steps.flatMap((row) => row.queue ?? []), deadLetterQueue];
const deadServer = 'http://127.0.0.1:1';

let mns: LocalMns;
const folder = mkdtempSync(join(tmpdir(), 'albeit-serve-'));
const kubeToken = 'planted-token-of-the-cluster';
const kubeconfig = join(folder, 'kubeconfig');
writeFileSync(
  kubeconfig,
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token: kubeToken } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }),
);

const written: string[] = [];

beforeAll(async () => {
  mns = await startLocalMns();
  for (const queue of queues) await mns.queues.ensureQueue(queue);
});
afterAll(async () => {
  await mns.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  const environment = {
    ALBEIT_CLUSTER: 'c-local',
    ALBEIT_REGION: localCredentials.region,
    ALBEIT_VPC_ID: 'vpc-local',
    ALBEIT_ACCOUNT_ID: localCredentials.accountId,
    ALBEIT_ALB_ENDPOINT: deadServer,
    ALBEIT_ECS_ENDPOINT: deadServer,
    ALBEIT_VPC_ENDPOINT: deadServer,
    ALBEIT_MNS_ENDPOINT: mns.url,
    ALBEIT_SIGNING_KEYS: ringText,
    KUBECONFIG: kubeconfig,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  written.length = 0;
  // The log writes to the file descriptor itself.
  vi.spyOn(fs, 'writeSync').mockImplementation((_fd: number, text: unknown) => {
    written.push(String(text));
    return String(text).length;
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const queue of queues) await takeAll(queue);
});

const context = { requestId: 'request-1', credentials: localCredentials.sts, function: { name: 'x', timeout: 60 } };
const request = (name: string, attempt = 0): Message => ({
  type: 'albeit.step.requested',
  version: 1,
  key: { kind: 'AlbConfig', cluster: 'c-local', name },
  step: 'rule',
  phase: 'apply',
  chain: 'a',
  attempt,
});
const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
const signed = (message: Message, by = ring): string => encode(message, { ring: by, sender: 'forwarder', now: 0, traceparent });
/** As a queue trigger hands over a batch. */
const batch = (...texts: readonly string[]): Uint8Array =>
  Buffer.from(JSON.stringify(texts.map((messageBody) => ({ messageId: 'm', messageBody }))));

interface Answer {
  readonly settled: number;
  readonly refused: number;
}

/** Calls a handler as the platform does, with bytes and a context. */
async function invoke(handler: unknown, event: Uint8Array): Promise<Answer> {
  const call = handler as (event: Uint8Array, context: unknown) => Promise<string>; // middy's type asks for members that the platform has and nobody reads
  return JSON.parse(await call(event, context));
}

const serving = (work: Served['work']): unknown => serve({ name: 'rule', work });
const ending = (outcomeOf: (message: Message) => Outcome, sends: Settlement['sends'] = []): unknown =>
  serving(async (messages) => new Map(messages.map((one): [Message, Settlement] => [one, { outcome: outcomeOf(one), sends }])));

async function takeAll(queue: string): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (;;) {
    const found = await mns.queues.receive(queue, 16);
    if (found.length === 0) return bodies;
    bodies.push(...found.map((one) => one.body));
    await mns.queues.remove(
      queue,
      found.map((one) => one.receipt),
    );
  }
}

async function messagesOf(queue: string): Promise<readonly (Message & { readonly traceparent?: string | undefined })[]> {
  return (await takeAll(queue)).map((text) => {
    const opened = decode(text, ring, 'c-local');
    if (opened.kind !== 'ok') throw new Error(`not to be opened: ${opened.code}`);
    return { ...opened.message, traceparent: opened.traceparent };
  });
}

const lettersOf = async () => (await takeAll(deadLetterQueue)).map((text) => deadLetterSchema.parse(JSON.parse(text)));

describe('what cannot be trusted', () => {
  const otherRing = readKeyRing(JSON.stringify({ sign: 'k2', keys: [{ id: 'k2', secret: Buffer.alloc(32, 7).toString('base64') }] }));
  const stranger = (change: (message: Message) => object): string => {
    const { signature: _signature, ...envelope } = JSON.parse(signed(request('tea')));
    const content = { ...envelope, data: change(request('tea')) };
    if (ring.sign === undefined) throw new Error('the example ring signs');
    return JSON.stringify({ ...content, signature: signContent(content, ring.sign) });
  };
  const bad: Readonly<Record<string, string>> = {
    'MESSAGE-MALFORMED': 'no envelope at all',
    'MESSAGE-FORGED': signed(request('tea'), otherRing),
    'MESSAGE-FOREIGN': stranger((one) => ({ ...one, key: { ...one.key, cluster: 'c-other' } })),
    'MESSAGE-VERSION': stranger((one) => ({ ...one, version: 2 })),
  };

  it.each(Object.entries(bad))('is a dead letter with its reason, %s, and its neighbours are worked on', async (code, text) => {
    const worked: string[] = [];
    const handler = ending((one) => {
      worked.push(keyText(one.key));
      return done(false);
    });
    expect(await invoke(handler, batch(signed(request('before')), text, signed(request('after'))))).toEqual({ settled: 2, refused: 1 });
    expect(worked).toEqual(['c-local/AlbConfig/before', 'c-local/AlbConfig/after']);
    expect(await lettersOf()).toMatchObject([{ code, original: text, truncated: false }]);
  });

  it('is kept when all of them come at once', async () => {
    expect(
      await invoke(
        ending(() => done(false)),
        batch(...Object.values(bad)),
      ),
    ).toEqual({ settled: 0, refused: 4 });
    expect((await lettersOf()).map((one) => one.code).sort()).toEqual(Object.keys(bad).sort());
  });

  it('includes what belongs in another queue, with a sentence that says so', async () => {
    await invoke(dispatch, batch(signed(request('tea'))));
    await invoke(sweep, batch(signed(request('tea'))));
    const letters = await lettersOf();
    expect(letters.map((one) => one.code)).toEqual(['MESSAGE-MALFORMED', 'MESSAGE-MALFORMED']);
    for (const { facts } of letters) expect(facts['detail']).toMatch(/queue/);
  });
});

describe('every way of delivery', () => {
  const example = z.object({
    event: z.unknown(),
    subjects: z.array(z.string()),
    timers: z.array(z.string()).default([]),
    unreadable: z.number().default(0),
  });
  const files = readdirSync(examples).filter((file) => file.startsWith('delivery-'));

  it.each(files)('%s', async (file) => {
    const { event, subjects, timers, unreadable } = example.parse(JSON.parse(readFileSync(new URL(file, examples), 'utf8')));
    const worked: string[] = [];
    let fired = 0;
    const handler = serve({
      name: 'rule',
      work: async (messages) => {
        worked.push(...messages.map((one) => keyText(one.key)));
        return new Map(messages.map((one): [Message, Settlement] => [one, { outcome: done(false), sends: [] }]));
      },
      onTimer: async () => {
        fired += 1;
        return [];
      },
    });
    const answer = await invoke(handler, Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)));
    expect(worked).toEqual(subjects.filter((one) => one.includes('/')));
    expect([answer.refused, fired]).toEqual([unreadable + subjects.length - worked.length, timers.length]);
  });
});

describe('how messages are settled', () => {
  it('each by itself: one done and passed on, one waiting, one parked, one refused', async () => {
    const outcomes: Readonly<Record<string, Outcome>> = {
      done: done(true),
      wait: { kind: 'wait', seconds: 0, because: 'x' },
      park: { kind: 'park', because: 'x', problems: [] },
      refuse: { kind: 'refuse', code: 'MESSAGE-MALFORMED', because: 'no use' },
    };
    const nameOf = (one: Message): string => ('name' in one.key ? one.key.name : '');
    const handler = serving(
      async (messages) =>
        new Map(
          messages.map((one): [Message, Settlement] => [
            one,
            {
              outcome: outcomes[nameOf(one)] ?? done(false),
              sends: nameOf(one) === 'done' ? [{ message: { ...request('hop'), step: 'listener' } as Message, delaySeconds: 0 }] : [], // still a request
            },
          ]),
        ),
    );
    await invoke(handler, batch(...Object.keys(outcomes).map((name) => signed(request(name, 3)))));
    expect(await messagesOf('listener')).toMatchObject([{ key: { name: 'hop' }, traceparent }]);
    expect(await messagesOf('rule')).toMatchObject([{ key: { name: 'wait' }, attempt: 3, traceparent }]);
    expect(await lettersOf()).toMatchObject([{ facts: { detail: 'no use' } }]);
    await mns.advance(20);
    expect(await messagesOf('rule')).toMatchObject([{ key: { name: 'park' }, attempt: 4, traceparent }]);
  });

  it('comes back when the whole step fails, and when it forgets one of them', async () => {
    const failing = serving(() => Promise.reject(new TypeError('a defect')));
    await invoke(failing, batch(signed(request('tea')), signed(request('coffee'))));
    const forgetful = serving(async (messages) => new Map(messages.slice(0, 1).map((one) => [one, { outcome: done(false), sends: [] }])));
    await invoke(forgetful, batch(signed(request('kept')), signed(request('forgotten'))));
    await mns.advance(20);
    const back = await messagesOf('rule');
    expect(back.map((one) => ('name' in one.key ? one.key.name : '')).sort()).toEqual(['coffee', 'forgotten', 'tea']);
    expect(back.every((one) => one.attempt === 1)).toBe(true);
  });

  it('is told by one log line for each', async () => {
    await invoke(
      ending(() => done(true)),
      batch(signed(request('tea'))),
    );
    const lines = written.join('').trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      msg: 'step finished',
      requestId: 'request-1',
      step: 'rule',
      key: 'c-local/AlbConfig/tea',
      outcome: 'done',
      calls: 0,
    });
  });

  it('throws when it cannot settle, so that the platform delivers again', async () => {
    vi.stubEnv('ALBEIT_MNS_ENDPOINT', deadServer);
    const send = [{ message: request('hop'), delaySeconds: 0 }];
    await expect(
      invoke(
        ending(() => done(true), send),
        batch(signed(request('tea'))),
      ),
    ).rejects.toMatchObject({ code: 'CLOUD-TRANSPORT' });
    await expect(
      invoke(
        ending(() => done(true)),
        batch('no envelope'),
      ),
    ).rejects.toMatchObject({ code: 'CLOUD-TRANSPORT' });
  });

  it('needs no queue when nothing is to be sent', async () => {
    vi.stubEnv('ALBEIT_MNS_ENDPOINT', deadServer);
    expect(
      await invoke(
        ending(() => done(true)),
        batch(signed(request('tea'))),
      ),
    ).toEqual({ settled: 1, refused: 0 });
  });
});

describe('a real function whose API server is away', () => {
  const resync: Message = {
    type: 'albeit.object.changed',
    version: 1,
    key: { kind: 'Cluster', cluster: 'c-local' },
    reason: 'resync',
    attempt: 0,
  };
  const changed: Message = { ...resync, key: { kind: 'AlbConfig', cluster: 'c-local', name: 'tea' } };

  it('parks every message for as long as it lasts', async () => {
    expect(await invoke(dispatch, batch(signed(resync), signed(changed)))).toEqual({ settled: 2, refused: 0 });
    await mns.advance(20);
    expect((await messagesOf('ingest')).map((one) => one.attempt)).toEqual([1, 1]);
  });

  it('shows no secret in a log line, a dead letter, a message or an error', async () => {
    await invoke(dispatch, batch(signed(resync), 'no envelope', signed(request('tea'))));
    await mns.advance(20);
    const sent = (await Promise.all(queues.map(takeAll))).flat();
    expect(sent.length).toBeGreaterThan(2);
    vi.stubEnv('ALBEIT_MNS_ENDPOINT', deadServer);
    const failure = await invoke(dispatch, batch(signed(resync))).catch((error: Error) => `${error.stack} ${JSON.stringify(error)}`);
    const shown = [...written, ...sent, String(failure)].join('\n');
    expect(shown).toContain('KUBE-AWAY');
    const secrets = [
      kubeToken,
      localCredentials.sts.accessKeySecret,
      localCredentials.sts.securityToken,
      ...ring.accept.map((one) => Buffer.from(one.secret).toString('base64')),
    ];
    for (const secret of secrets) expect(shown.includes(secret)).toBe(false);
  });
});
