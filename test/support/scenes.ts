/** A scene for a noun or a piece of the runtime, with good defaults; a ledger that can be looked at; and what was told and asked. */
import type { Message } from '#events/contract/messages.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import type { Stack } from '#shared/model/stack.ts';
import type { Problem } from '#shared/problem.ts';
import { type AlbConfigLedger, emptyAlbConfigLedger } from '#shared/step/record.ts';
import { createRecords } from '#shared/step/records.ts';
import type { Cloud, Scene } from '#shared/step/scene.ts';
import { createFakeKube } from './fake-kube.ts';
import { aSite, aWish } from './objects.ts';

export const aLedger = (more: Partial<AlbConfigLedger> = {}): AlbConfigLedger => ({ ...emptyAlbConfigLedger, ...more });

export const aStack = (more: Partial<Stack> = {}): Stack => ({ ...buildStack(aWish(), aSite), ...more });

interface SceneDraft {
  readonly stack?: Stack;
  readonly ledger?: Partial<AlbConfigLedger>;
  /** Only the calls that the test is about. */
  readonly alb?: Partial<Cloud['alb']>;
  readonly now?: number;
}

export interface WatchedScene extends Scene {
  readonly told: readonly Problem[];
  readonly asked: readonly Message[];
}

/** A cloud call that the draft does not have fails the test. */
const only = <T extends object>(calls: Partial<T>): T =>
  new Proxy(calls, {
    get: (target, name, receiver) =>
      Reflect.get(target, name, receiver) ?? (() => Promise.reject(new Error(`unexpected call: ${String(name)}`))),
  }) as T; // what is not there refuses

export function aScene(draft: SceneDraft = {}): WatchedScene {
  let ledger = aLedger(draft.ledger);
  const told: Problem[] = [];
  const asked: Message[] = [];
  return {
    stack: draft.stack ?? aStack(),
    site: aSite,
    cloud: { alb: only(draft.alb ?? {}), ecs: only({}), vpc: only({}) },
    records: createRecords(createFakeKube()),
    services: async () => new Map(),
    phase: 'apply',
    fresh: false,
    firstEver: false,
    get ledger() {
      return ledger;
    },
    remember: (change) => {
      ledger = change(ledger);
    },
    token: (what) => what,
    started: () => undefined,
    ask: (message) => asked.push(message),
    tell: (problem) => told.push(problem),
    now: () => draft.now ?? 1_000_000,
    told,
    asked,
  };
}
