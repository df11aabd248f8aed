/** A forwarder over an API server, with queues in memory and a clock of the test's own: what it tells, in words. */
import { randomBytes } from 'node:crypto';
import { decode } from '#events/contract/envelope.ts';
import type { Message } from '#events/contract/messages.ts';
import { readKeyRing } from '#events/contract/signature.ts';
import { createForwarder, type Forwarder, type ForwarderOptions } from '#events/forwarder/forwarder.ts';
import { createTelemetry } from '#events/forwarder/telemetry.ts';
import type { KubeconfigSource } from '#shared/kube/credentials.ts';
import { createTransport } from '#shared/kube/transport.ts';
import { createFakeQueues } from './fake-queues.ts';
import { createManualTimers, type ManualTimers } from './manual-timers.ts';
import { until } from './until.ts';

const windowMs = 200;
const cluster = 'c-1';

export interface ForwarderScene {
  readonly forwarder: Forwarder;
  readonly timers: ManualTimers;
  /** `level text {fields}` */
  readonly logs: readonly string[];
  /** Waits until so many keys are pending, lets the window pass, and answers what was told of them, in the order of sending. */
  flush(keys: number): Promise<readonly string[]>;
  /** The text of the metrics. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

function wordsOf(message: Message): string {
  const { key } = message;
  if (key.kind === 'Cluster') return 'the whole cluster';
  if (key.kind === 'AlbConfig') return `AlbConfig ${key.name}`;
  const whole = message.type === 'albeit.members.requested' && message.whole === true;
  return `Service ${key.namespace}/${key.name}${whole ? ' whole' : ''}`;
}

/** Not started yet: `forwarder.start()` begins. */
export async function createForwarderScene(
  kubeconfig: KubeconfigSource,
  more: Pick<Partial<ForwarderOptions>, 'podAddresses'> = {},
): Promise<ForwarderScene> {
  const ring = readKeyRing(JSON.stringify({ sign: 'k', keys: [{ id: 'k', secret: randomBytes(32).toString('base64') }] }));
  const timers = createManualTimers();
  const transport = createTransport({ kubeconfig });
  const telemetry = createTelemetry();
  const told: string[] = [];
  const logs: string[] = [];
  const log = (level: string) => (fields: object, text: string) => void logs.push(`${level} ${text} ${JSON.stringify(fields)}`);
  const queues = createFakeQueues();
  for (const queue of ['ingest', 'server-group']) await queues.ensureQueue(queue);
  const forwarder = createForwarder({
    ...{ cluster, ring, windowMs, transport, timers, telemetry, ...more },
    ...{ random: () => 1, now: () => timers.nowMs, log: { info: log('info'), warn: log('warn'), error: log('error') } },
    queues: {
      send: async (queue, messages) => {
        await queues.send(queue, messages);
        for (const { body } of messages) {
          const opened = decode(body, ring, cluster);
          told.push(opened.kind === 'ok' ? wordsOf(opened.message) : opened.code);
        }
      },
    },
  });
  const waitFor = (keys: number) => () => forwarder.state().pendingKeys === keys;
  return {
    forwarder,
    timers,
    logs,
    flush: async (keys) => {
      await until(waitFor(keys), `${keys} pending keys, after ${logs.slice(-5).join('; ')}`);
      const before = told.length;
      timers.advance(windowMs);
      await until(() => told.length >= before + keys && waitFor(0)(), 'that all is told');
      return told.slice(before);
    },
    metrics: () => telemetry.text(),
    stop: async () => {
      const stopped = forwarder.stop();
      transport.close();
      await stopped;
    },
  };
}
