/** One kind that is followed: its reflector, what is logged and counted of it, and how it goes on after a fault of ours. */
import { AlbeitError } from '#shared/errors.ts';
import type { KindName } from '#shared/kube/port.ts';
import { pause } from '#shared/kube/timers.ts';
import { type Change, Reflector, type ReflectorMeans, type ReflectorOptions } from './reflector.ts';
import type { Telemetry } from './telemetry.ts';

/** The part of a pino logger that is used: text is constant, what varies are fields. */
export interface Log {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface FollowMeans extends ReflectorMeans {
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** A change could not be read, by a fault of ours. It must not cost a key. */
  readonly unread: () => void;
}

export interface Following<T> extends Pick<ReflectorOptions<T>, 'kind' | 'scope' | 'metadataOnly' | 'pageSize' | 'project'> {
  readonly changed: (change: Change<T>) => void;
  /** The first list is complete. */
  readonly listed: () => void;
  /** A list or watch failed. */
  readonly failed?: () => void;
  /** Not every cluster grants it: then this is said, once, and everything else goes on. Absent: it is needed. */
  readonly grant?: string;
}

export interface Followed {
  readonly kind: KindName;
  readonly isSynced: boolean;
  readonly size: number;
  /** Goes on until `stop`, or until the signal of the means fires. */
  run(): void;
  /** What was known is forgotten; nothing is told any more. */
  stop(): void;
}

/** For logs: code and text of ours, or that it is a fault. */
export const factsOf = (error: unknown): object =>
  error instanceof AlbeitError ? { code: error.code, error: error.message } : { code: 'BUG', error: String(error) };

const isRefused = (error: unknown): boolean => error instanceof AlbeitError && error.code === 'KUBE-REFUSED';

/** Refusals without a word: one manifest opts a namespace in and grants what that needs, in this order and a moment apart. */
const patience = 1;

/** Prepares to follow; nothing is asked before `run`. */
export function follow<T>(following: Following<T>, means: FollowMeans): Followed {
  const { log, telemetry, unread } = means;
  const { kind, scope, grant } = following;
  const named = scope?.namespace === undefined ? { kind } : { kind, namespace: scope.namespace };
  const stopping = new AbortController();
  const signal = AbortSignal.any([means.signal, stopping.signal]);
  /** In a row. */
  let refusals = 0;

  const changed = (change: Change<T>): void => {
    if (!change.initial) telemetry.count('albeit_forwarder_changes_total', { kind });
    try {
      following.changed(change);
    } catch (error) {
      telemetry.count('albeit_forwarder_faults_total');
      log.error({ ...named, ...factsOf(error) }, 'a change could not be read');
      unread();
    }
  };
  const failed = (how: string, error: unknown): void => {
    const next = isRefused(error) ? grant : undefined;
    if (next === undefined) log.warn({ ...named, how, ...factsOf(error) }, 'watch ended');
    else if (refusals === patience) log.warn({ ...named, ...factsOf(error), next }, 'not allowed');
    refusals = next === undefined ? 0 : refusals + 1;
    following.failed?.();
  };
  const reflector: Reflector<T> = new Reflector<T>(
    {
      ...following,
      changed,
      synced: () => {
        log.info({ ...named, objects: reflector.size }, 'listed');
        following.listed();
      },
      ended: (how, error) => {
        telemetry.count('albeit_forwarder_watch_ends_total', { kind, how });
        if (error !== undefined) failed(how, error);
        // It was allowed until now: when it no longer is, that is news.
        else if (how !== 'relist') refusals = 0;
      },
    },
    { ...means, signal },
  );
  return {
    kind,
    get isSynced() {
      return reflector.isSynced;
    },
    get size() {
      return reflector.size;
    },
    run: () => void keepRunning(named, reflector, { ...means, signal }),
    stop: () => stopping.abort(),
  };
}

/** Enough to keep a fault that comes back at once from filling the log. */
const restartMs = 5000;

/** A reflector does not end by itself. One that does has a fault; it alone is started again, and the others never notice. */
async function keepRunning(named: object, reflector: { run(): Promise<void> }, means: FollowMeans): Promise<void> {
  const { signal, telemetry, log, timers } = means;
  while (!signal.aborted) {
    try {
      await reflector.run();
    } catch (error) {
      telemetry.count('albeit_forwarder_faults_total');
      log.error({ ...named, ...factsOf(error) }, 'a reflector stopped and is started again');
      await pause(timers, restartMs, signal);
    }
  }
}
