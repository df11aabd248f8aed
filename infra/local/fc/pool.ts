/** The instances of one function: one request each, as many as the function's concurrency allows, the idle ones kept for a while. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalCredentials } from '../service.ts';
import type { FunctionSpec } from './function-spec.ts';
import type { Guardian } from './guardian.ts';
import { type Instance, startInstance } from './instance.ts';
import { type Invocation, NotRun, type Outcome } from './invocation.ts';
import type { LogLines } from './log-lines.ts';
import type { FcSettings } from './settings.ts';

export interface PoolParts {
  readonly spec: FunctionSpec;
  readonly credentials: LocalCredentials;
  readonly guardian: Guardian;
  readonly logs: LogLines;
  readonly settings: () => FcSettings;
  /** Instances at work in the whole account. */
  readonly account: { busy: number };
  /** Called when an instance has become free. */
  readonly onFree: () => void;
}

export interface Pool {
  readonly spec: FunctionSpec;
  /** Runs one request. Throws `NotRun` (429) over the limit. */
  run(invocation: Invocation): Promise<Outcome>;
  instances(): readonly Instance[];
  close(): Promise<void>;
}

interface Seat {
  readonly instance: Instance;
  readonly ready: Promise<void>;
  idleTimer: NodeJS.Timeout | undefined;
}

/** How a request ends whose instance could not start. */
const unusable = (error: unknown, instanceId: string): Omit<Outcome, 'durationMs' | 'cold'> => ({
  errorType: 'UnhandledInvocationError',
  body: Buffer.from(JSON.stringify({ errorMessage: error instanceof Error ? error.message : String(error) })),
  instanceId,
  logTail: '',
});

/** Refuses what is above the function's or the account's limit. */
function checkLimits(parts: PoolParts, busy: number): void {
  const { spec, account, settings } = parts;
  const most = settings().accountConcurrency;
  if (busy >= spec.concurrency) throw new NotRun(429, 'ResourceExhausted', `${spec.name} runs ${busy} requests, as many as it may`);
  if (account.busy >= most) throw new NotRun(429, 'ResourceExhausted', `the account runs ${account.busy} requests, as many as it may`);
}

export function createPool(parts: PoolParts): Pool {
  const { spec, account, settings } = parts;
  const seats = new Set<Seat>();
  const idle: Seat[] = [];
  let busy = 0;
  let closed = false;

  const leave = (seat: Seat) => {
    clearTimeout(seat.idleTimer);
    seats.delete(seat);
    const at = idle.indexOf(seat);
    if (at !== -1) idle.splice(at, 1);
  };

  const enter = (): Seat => {
    const id = `c-${randomBytes(4).toString('hex')}-${randomBytes(6).toString('hex')}`;
    const { instance, ready } = startInstance({ ...parts, id });
    const seat: Seat = { instance, ready, idleTimer: undefined };
    seats.add(seat);
    return seat;
  };

  /** The instance used last is used next, so that the others grow old and go. One that died while it was idle is passed over. */
  const warm = (): Seat | undefined => {
    for (let seat = idle.pop(); seat !== undefined; seat = idle.pop()) {
      clearTimeout(seat.idleTimer);
      if (seat.instance.state() !== 'gone') return seat;
      seats.delete(seat);
    }
    return undefined;
  };

  const rest = (seat: Seat) => {
    if (seat.instance.state() === 'gone' || closed) {
      leave(seat);
      return;
    }
    idle.push(seat);
    seat.idleTimer = setTimeout(() => {
      leave(seat);
      void seat.instance.kill();
    }, settings().idleSeconds * 1000);
    seat.idleTimer.unref();
  };

  const runOn = async (seat: Seat, cold: boolean, invocation: Invocation): Promise<Omit<Outcome, 'durationMs' | 'cold'>> => {
    try {
      if (cold) {
        await seat.ready;
        await sleep(settings().coldStartMs);
      }
    } catch (error) {
      return unusable(error, seat.instance.id);
    }
    return seat.instance.run(invocation);
  };

  const run: Pool['run'] = async (invocation) => {
    if (closed) throw new NotRun(503, 'ResourceThrottled', 'the host is stopping');
    checkLimits(parts, busy);
    busy += 1;
    account.busy += 1;
    const found = warm();
    const seat = found ?? enter();
    const from = performance.now();
    try {
      const outcome = await runOn(seat, found === undefined, invocation);
      return { ...outcome, cold: found === undefined, durationMs: Math.round(performance.now() - from) };
    } finally {
      busy -= 1;
      account.busy -= 1;
      rest(seat);
      parts.onFree();
    }
  };

  return {
    spec,
    run,
    instances: () => [...seats].map((seat) => seat.instance).filter((instance) => instance.state() !== 'gone'),
    async close() {
      closed = true;
      const ending = [...seats].map((seat) => seat.instance.kill());
      for (const seat of [...seats]) leave(seat);
      await Promise.all(ending);
    },
  };
}
