/** The triggers of all functions, started and stopped together. */
import { randomUUID } from 'node:crypto';
import type { LocalCredentials } from '../service.ts';
import type { AsyncQueue } from './async-queue.ts';
import type { Run } from './execute.ts';
import type { FunctionSpec } from './function-spec.ts';
import { type RunningTrigger, startQueueTrigger } from './queue-trigger.ts';
import type { FcSettings } from './settings.ts';
import { startTimerTrigger } from './timer-trigger.ts';
import { pushAddress, startTopicTrigger } from './topic-trigger.ts';

const newId = (): string => `1-${randomUUID()}`;

export interface TriggersParts {
  readonly functions: readonly FunctionSpec[];
  readonly credentials: LocalCredentials;
  readonly mnsEndpoint: string;
  readonly run: Run;
  readonly async: AsyncQueue;
  readonly settings: () => FcSettings;
  /** Base URL of the host, which topics push to. */
  readonly url: string;
}

/** Accepts an event durably; returns its request id. */
export function acceptEvent(async: AsyncQueue, name: string, payload: Buffer): string {
  const id = newId();
  async.add({ id, taskId: id, function: name, payload, delayMs: 0 });
  return id;
}

/** Queue, topic and timer triggers of every function; returns how to see and how to stop them. */
export function startTriggers(parts: TriggersParts) {
  const running: { readonly function: string; readonly trigger: RunningTrigger }[] = [];
  const stops: (() => void)[] = [];
  const accept = (name: string, payload: Buffer) => acceptEvent(parts.async, name, payload);
  for (const spec of parts.functions) {
    for (const trigger of spec.triggers) {
      if (trigger.kind === 'timer') {
        stops.push(startTimerTrigger(trigger, (event) => void accept(spec.name, event)));
        continue;
      }
      if (trigger.kind === 'topic') {
        const { credentials, mnsEndpoint } = parts;
        stops.push(
          startTopicTrigger({ trigger, functionName: spec.name, credentials, mnsEndpoint, address: pushAddress(parts.url, spec.name) }),
        );
        continue;
      }
      const started = startQueueTrigger({
        trigger,
        functionName: spec.name,
        credentials: parts.credentials,
        mnsEndpoint: parts.mnsEndpoint,
        settings: parts.settings,
        handOver(event) {
          const id = accept(spec.name, event);
          return { ended: () => parts.async.ended(id) };
        },
        push: (event) =>
          parts.run(spec.name, { requestId: newId(), event, attempt: 1, kind: 'Trigger' }).then(
            (outcome) => outcome.errorType === '',
            () => false,
          ),
      });
      running.push({ function: spec.name, trigger: started });
      stops.push(() => started.stop());
    }
  }
  return { running, stop: () => stops.forEach((stop) => void stop()) };
}
