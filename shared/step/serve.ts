/**
 * A step as a Function Compute handler: parse what was delivered, verify each message, let the step work on the batch, and settle every
 * message by itself. It throws only when it could not settle; then the platform delivers the whole batch again.
 */
import middy from '@middy/core';
import { readDeliveries } from '#events/contract/deliveries.ts';
import { encode } from '#events/contract/envelope.ts';
import { keyText, type Message } from '#events/contract/messages.ts';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { createEcs } from '#shared/cloud/ecs/adapter.ts';
import { createVpc } from '#shared/cloud/vpc/adapter.ts';
import { createKube } from '#shared/kube/adapter.ts';
import { callSeconds, claimSeconds, type StepName, stepRow } from '#shared/steps.ts';
import { createLog } from '#shared/telemetry/log.ts';
import { CallCount } from './call-count.ts';
import { readSettings, type Settings } from './environment.ts';
import { outcomeOf } from './failure-outcome.ts';
import { openBatch } from './open-batch.ts';
import { createRecords } from './records.ts';
import { queueFor, type Refused, refusal, repeat } from './settle.ts';
import type { Log, Send, Settlement, Workshop } from './workshop.ts';

/** What of Function Compute's context is used. There is no remaining-time function: the deadline is reckoned from the timeout. */
export interface FcContext {
  readonly requestId: string;
  readonly credentials?: { readonly accessKeyId?: string; readonly accessKeySecret?: string; readonly securityToken?: string };
  readonly function?: { readonly name?: string; readonly timeout?: number };
}

/** A step as the handler sees it. `work` gets a whole batch, because look-ups are asked once for all of it. */
export interface Served {
  readonly name: StepName;
  work(messages: readonly Message[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>>;
  /** A timer fired: messages to work on. Absent: timers are no business of this step. */
  onTimer?(at: Workshop): Promise<readonly Send[]>;
}

/** Time kept for settling after the last piece of work (ms): what a call may take, and no more than this. */
const settleMs = 2000;

/** What is to be sent, as part of the trace of the message that caused it. */
interface Traced extends Send {
  readonly traceparent?: string | undefined;
}

interface Bench extends Workshop {
  readonly calls: CallCount;
  close(): void;
}

/** The role's keys of this invocation: fresh with each, unlike those in the environment. */
function keysOf(context: FcContext) {
  const { accessKeyId = '', accessKeySecret = '', securityToken } = context.credentials ?? {};
  return { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
}

function openWorkshop(name: StepName, settings: Settings, context: FcContext, enteredAt: number, log: Log): Bench {
  const calls = new CallCount();
  const timeoutSeconds = context.function?.timeout ?? settings.timeoutSeconds ?? stepRow(name).timeoutSeconds;
  const callMs = callSeconds(timeoutSeconds) * 1000;
  const options = { ...keysOf(context), region: settings.site.region, callTimeoutMs: callMs, onCall: calls.note };
  const cloud = {
    alb: createAlb({ ...options, endpoint: settings.endpoints.alb }),
    ecs: createEcs({ ...options, endpoint: settings.endpoints.ecs }),
    vpc: createVpc({ ...options, endpoint: settings.endpoints.vpc }),
  };
  const kubeconfig = settings.kubeconfig === undefined ? { inCluster: true as const } : { path: settings.kubeconfig };
  const kube = createKube({ kubeconfig, deadlineMs: callMs });
  const deadline = enteredAt + timeoutSeconds * 1000 - Math.min(settleMs, callMs);
  return {
    site: settings.site,
    kube,
    records: createRecords(kube),
    cloud,
    holder: `${name}/${context.requestId}`,
    claimSeconds: claimSeconds(timeoutSeconds),
    callMs,
    hasTime: (ms) => Date.now() + ms < deadline,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
    log,
    calls,
    close: () => {
      for (const one of [kube, cloud.alb, cloud.ecs, cloud.vpc]) one.close();
    },
  };
}

/** Settles: what is sent goes out before the batch counts as handled, so that nothing is lost in between. */
async function settle(
  name: StepName,
  settings: Settings,
  context: FcContext,
  sends: readonly Traced[],
  refused: readonly Refused[],
): Promise<void> {
  if (sends.length + refused.length === 0) return;
  // Loaded with the first thing to send: half of the handler's import time, and an invocation with nothing to say never needs it.
  const { createQueues } = await import('#shared/cloud/mns/adapter.ts');
  const queues = createQueues({ accountId: settings.accountId, endpoint: settings.endpoints.mns, ...keysOf(context) });
  const outgoing = new Map<string, { body: string; delaySeconds?: number }[]>();
  const put = (queue: string, one: { body: string; delaySeconds?: number }): void => {
    outgoing.set(queue, [...(outgoing.get(queue) ?? []), one]);
  };
  for (const { message, delaySeconds, traceparent } of sends) {
    put(queueFor(message), { body: encode(message, { ring: settings.ring, sender: name, now: Date.now(), traceparent }), delaySeconds });
  }
  for (const { queue, body } of refused) put(queue, { body });
  try {
    for (const [queue, messages] of outgoing) await queues.send(queue, messages);
  } finally {
    queues.close();
  }
}

function tellOf(name: StepName, message: Message, settlement: Settlement, log: Log, shared: Readonly<Record<string, unknown>>): void {
  const { outcome } = settlement;
  const because = outcome.kind === 'done' ? undefined : outcome.because;
  const changed = outcome.kind === 'done' ? outcome.changed : undefined;
  const fields = {
    step: name,
    key: keyText(message.key),
    attempt: message.attempt,
    outcome: outcome.kind,
    changed,
    because,
    ...settlement.facts,
    ...shared,
  };
  if (outcome.kind === 'park' || outcome.kind === 'refuse') log.warn(fields, 'step finished');
  else log.info(fields, 'step finished');
}

/** The settlement of every message: what the step said, or what its failure means. */
async function workOn(served: Served, messages: readonly Message[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  if (messages.length === 0) return new Map();
  const failed = (message: Message, error: unknown): Settlement => ({
    outcome: outcomeOf(error, { kind: message.key.kind, namespace: '', name: keyText(message.key) }),
    sends: [],
  });
  try {
    const settled = await served.work(messages, at);
    // A message without a settlement would be lost without a trace.
    return new Map(messages.map((one) => [one, settled.get(one) ?? failed(one, new Error('the step forgot this message'))]));
  } catch (error) {
    at.log.warn({ step: served.name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'batch failed');
    return new Map(messages.map((one) => [one, failed(one, error)]));
  }
}

async function handle(served: Served, event: Uint8Array, context: FcContext): Promise<string> {
  const enteredAt = Date.now();
  const log = createLog({ requestId: context.requestId });
  const settings = readSettings(process.env);
  const opened = openBatch(readDeliveries(event), settings, enteredAt);
  const bench = openWorkshop(served.name, settings, context, enteredAt, log);
  try {
    const timed = opened.timers > 0 && served.onTimer !== undefined ? await served.onTimer(bench) : [];
    const settled = await workOn(served, [...opened.messages.keys()], bench);
    const refused = [...opened.refused];
    const sends: Traced[] = [...timed];
    for (const [message, settlement] of settled) {
      const { traceparent } = opened.messages.get(message) ?? {};
      const again = repeat(message, settlement, Math.random());
      for (const send of [...settlement.sends, ...(again === undefined ? [] : [again])]) sends.push({ ...send, traceparent });
      if (settlement.outcome.kind === 'refuse') {
        refused.push(
          refusal(opened.messages.get(message)?.text ?? '', settlement.outcome.code, { detail: settlement.outcome.because }, enteredAt),
        );
      }
    }
    await settle(served.name, settings, context, sends, refused);
    const shared = { calls: bench.calls.total, actions: bench.calls.byAction(), ms: Date.now() - enteredAt };
    for (const [message, settlement] of settled) tellOf(served.name, message, settlement, log, shared);
    for (const one of refused) log.warn({ step: served.name, queue: one.queue }, 'dead letter');
    return JSON.stringify({ settled: settled.size, refused: refused.length });
  } finally {
    bench.close();
  }
}

/** The handler that Function Compute calls with the raw bytes of an event. */
export const serve = (served: Served) =>
  middy<Uint8Array, string, Error, never>().handler(async (event: Uint8Array, context: unknown) =>
    // The platform's context, as documented; only the members above are used, each with a default.
    handle(served, event, context as FcContext),
  );
