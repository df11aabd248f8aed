/**
 * The whole chain on a virtual clock: the steps' own code, over the emulated ALB on its real wire and an API server in memory. Queues are a
 * list ordered by due time; waiting moves the clock. An invocation can be made to die at any of its calls.
 */

import {
  type AlbConfigKey,
  type ChainStep,
  keyText,
  type MembersRequested,
  type Message,
  membersRequest,
} from '#events/contract/messages.ts';
import { dispatchAll } from '#functions/dispatch/dispatch.ts';
import { loadBalancers } from '#functions/instance/load-balancers.ts';
import { listeners } from '#functions/listener/listeners.ts';
import { rules } from '#functions/rule/rules.ts';
import { groups } from '#functions/server-group/groups/groups.ts';
import { keepMembers } from '#functions/server-group/members/members.ts';
import { sweepAll } from '#functions/sweep/sweep.ts';
import type { JournalEntry } from '#infra/local/service.ts';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { createEcs } from '#shared/cloud/ecs/adapter.ts';
import { createVpc } from '#shared/cloud/vpc/adapter.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { createRecords } from '#shared/step/records.ts';
import type { StepDefinition } from '#shared/step/run-context.ts';
import { runAll } from '#shared/step/serve-chain.ts';
import { queueFor, repeat } from '#shared/step/settle.ts';
import type { Settlement, Workshop } from '#shared/step/workshop.ts';
import { callSeconds, claimSeconds, steps } from '#shared/steps.ts';
import { createFakeKube, type FakeKube } from './fake-kube.ts';
import { type LocalAlb, type LocalAlbOptions, podInterface, startLocalAlb } from './local-alb.ts';
import { settingsUnderTest } from './switches.ts';

/** Every function's timeout here; a claim outlives it. */
const timeoutSeconds = 60;
/** More turns than any scenario needs: one that does not come to rest fails instead of running for ever. */
const mostTurns = 2000;
/** Half of what the emulator's work takes. */
const sliceMs = 250;
/** Looks during one wait: a long one is for something else than the cloud's jobs. */
const mostSlices = 40;

const definitions: Readonly<Record<ChainStep, StepDefinition>> = {
  instance: { name: 'instance', nouns: [loadBalancers] },
  'server-group': { name: 'server-group', nouns: [groups] },
  listener: { name: 'listener', nouns: [listeners] },
  rule: { name: 'rule', nouns: [rules] },
};

const isMembers = (message: Message): message is MembersRequested => message.type === 'albeit.members.requested';

/** Work of the function that reads `queue`. */
async function serveQueue(queue: string, messages: readonly Message[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  const row = steps.find((one) => one.queue === queue);
  if (row?.name === 'dispatch') return dispatchAll(messages, at);
  const step = definitions[row?.name as ChainStep]; // the table's queues are those of dispatch and the chain
  const members = step.name === 'server-group' ? await keepMembers(messages.filter(isMembers), at) : new Map();
  const chain = await runAll(
    step,
    messages.filter((one) => !isMembers(one)),
    at,
  );
  return new Map([...members, ...chain]);
}

/** The process ended here: nothing after it happens, and nothing is settled. */
class Death extends Error {}

/** Passes calls on until the budget is spent; then the invocation is dead. `lost`: the last call happens, its answer does not arrive. */
function mortal<T extends object>(target: T, life: { left: number; lost: boolean; dead: boolean }): T {
  return new Proxy(target, {
    get(inner, property, receiver) {
      const member: unknown = Reflect.get(inner, property, receiver);
      if (typeof member !== 'function' || property === 'now' || property === 'close') return member;
      return async (...args: unknown[]) => {
        if (life.dead) throw new Death();
        life.left -= 1;
        if (life.left >= 0) return Reflect.apply(member, inner, args) as unknown;
        life.dead = true;
        if (life.lost) await Reflect.apply(member, inner, args);
        throw new Death();
      };
    },
  });
}

interface Due {
  readonly message: Message;
  readonly at: number;
  readonly order: number;
}

/** What the calls of one invocation go through, for whoever decides when they happen. */
export interface Passage {
  wrap<T extends object>(one: T): T;
  pause(ms: number): Promise<void>;
  hasTime(ms: number): boolean;
}

/** One message that is being worked on. */
export interface Begun {
  readonly message: Message;
  /** Its outcome is settled; never, when its calls are not let through any more. */
  readonly ended: Promise<void>;
}

export interface Workbench {
  readonly kube: FakeKube;
  readonly alb: LocalAlb;
  readonly key: AlbConfigKey;
  send(message: Message, delaySeconds?: number): void;
  /** As the forwarder tells that the AlbConfig, or something that belongs to it, changed. */
  changed(): void;
  resync(): void;
  /** `whole`: as it is told when the Service itself changed. */
  membersChanged(namespace: string, name: string, how?: { readonly whole?: boolean; readonly delaySeconds?: number }): void;
  sweep(): Promise<void>;
  /**
   * Works until no message is left. Answers the number of invocations. `between` is awaited whenever time has passed and after every
   * invocation: what the cloud had in force at any moment can be looked at there.
   */
  settle(between?: () => Promise<void>): Promise<number>;
  /** Lets so much time pass, and does the work that falls due in it; what is due later stays for later. `between` as with `settle`. */
  run(ms: number, between?: () => Promise<void>): Promise<void>;
  /** Takes the message that is due first off its queue and works on it, beside whatever else is worked on. */
  begin(through: Passage): Begun | undefined;
  /** The next invocations die at their call number `calls` + 1, once; `lost`: that call happens, but its answer is lost. */
  dieAfter(calls: number, lost: boolean): void;
  /** Whether the planned death has come about. */
  died(): boolean;
  /** Calls of the cloud since the last time this was asked. */
  calls(): Promise<readonly JournalEntry[]>;
  stop(): Promise<void>;
}

export async function createWorkbench(
  objects: readonly KubeObject[],
  pods: readonly string[] = [],
  settings: unknown = {},
  traffic: Pick<LocalAlbOptions, 'dataPlane'> = {},
): Promise<Workbench> {
  const alb = await startLocalAlb({ settings: settingsUnderTest(settings), ...traffic });
  await alb.put(
    'network',
    pods.map((ip) => podInterface(`eni-${ip.replaceAll('.', '-')}`, ip)),
  );
  const kube = createFakeKube(objects);
  const cluster = 'c-local';
  const key: AlbConfigKey = { kind: 'AlbConfig', cluster, name: 'cafe' };
  let queue: Due[] = [];
  let order = 0;
  let seen = 0;
  let invocation = 0;
  let planned: { left: number; lost: boolean; dead: boolean } | undefined;

  const send = (message: Message, delaySeconds = 0): void => {
    order += 1;
    queue.push({ message, at: alb.clock.now() + delaySeconds * 1000, order });
  };
  /** The last outcomes, for the message of a scenario that does not come to rest. */
  const story: string[] = [];
  const passTime = (ms: number): void => {
    alb.clock.advance(ms);
    kube.advance(ms);
  };
  /** Nothing lies in the way of a call but the death that is planned. */
  const freely = (): Passage => {
    const mine = planned?.dead === false ? planned : undefined;
    return {
      wrap: (one) => (mine === undefined ? one : mortal(one, mine)),
      pause: (ms) => watchTime(ms, onlooker),
      hasTime: () => true,
    };
  };
  const openWorkshop = ({ wrap, pause, hasTime }: Passage = freely()): { at: Workshop; close: () => void } => {
    const cloud = { alb: createAlb(alb.options), ecs: createEcs(alb.options), vpc: createVpc(alb.options) };
    const mortalKube = wrap<FakeKube>(kube);
    invocation += 1;
    const at: Workshop = {
      site: { cluster, region: alb.region, vpcId: 'vpc-local' },
      kube: mortalKube,
      records: createRecords(mortalKube),
      cloud: { alb: wrap(cloud.alb), ecs: wrap(cloud.ecs), vpc: wrap(cloud.vpc) },
      holder: `test/${invocation}`,
      claimSeconds: claimSeconds(timeoutSeconds),
      callMs: callSeconds(timeoutSeconds) * 1000,
      pause,
      hasTime,
      random: () => 0.5,
      log: { info: () => undefined, warn: () => undefined },
    };
    return { at, close: () => [cloud.alb, cloud.ecs, cloud.vpc].map((one) => one.close()) };
  };
  const conclude = (name: string, settled: ReadonlyMap<Message, Settlement>): void => {
    for (const [message, settlement] of settled) {
      const because = settlement.outcome.kind === 'done' ? '' : settlement.outcome.because;
      story.push(`${name} ${keyText(message.key)} ${settlement.outcome.kind} ${because} ${JSON.stringify(settlement.facts ?? {})}`);
      const again = repeat(message, settlement, 0.5);
      for (const one of [...settlement.sends, ...(again === undefined ? [] : [again])]) send(one.message, one.delaySeconds);
    }
  };
  const invoke = async (name: string, batch: readonly Due[]): Promise<void> => {
    const { at, close } = openWorkshop();
    const before = planned?.dead;
    const messages = batch.map((one) => one.message);
    const settled = await serveQueue(name, messages, at);
    close();
    // A dead one settled nothing: the batch is delivered again at once, while the claims it held still stand.
    if (planned?.dead === true && before === false) for (const one of messages) send(one);
    else conclude(name, settled);
  };
  /** Who looks on while an invocation waits in place. */
  let onlooker: (() => Promise<void>) | undefined;
  /** In slices that no job of the cloud is shorter than, when somebody looks on. */
  const watchTime = async (ms: number, between: (() => Promise<void>) | undefined): Promise<void> => {
    const slices = between === undefined ? 1 : Math.min(mostSlices, Math.ceil(ms / sliceMs));
    for (let slice = 0; slice < slices; slice++) {
      passTime(ms / slices);
      await between?.();
    }
  };
  const turn = async (between?: () => Promise<void>): Promise<void> => {
    queue.sort((a, b) => a.at - b.at || a.order - b.order);
    const [first] = queue;
    if (first === undefined) return;
    if (first.at > alb.clock.now()) await watchTime(first.at - alb.clock.now(), between);
    const name = queueFor(first.message);
    const batch = queue
      .filter((one) => queueFor(one.message) === name && one.at <= alb.clock.now())
      .slice(0, steps.find((one) => one.queue === name)?.batch ?? 1);
    queue = queue.filter((one) => !batch.includes(one));
    onlooker = between;
    await invoke(name, batch);
    onlooker = undefined;
    await between?.();
  };

  return {
    kube,
    alb,
    key,
    send,
    changed: () => send({ type: 'albeit.object.changed', version: 1, key, reason: 'modified', attempt: 0 }),
    resync: () => send({ type: 'albeit.object.changed', version: 1, key: { kind: 'Cluster', cluster }, reason: 'resync', attempt: 0 }),
    membersChanged: (namespace, name, { whole = false, delaySeconds = 0 } = {}) =>
      send(membersRequest({ kind: 'Service', cluster, namespace, name }, { whole }), delaySeconds),
    sweep: async () => {
      const { at, close } = openWorkshop();
      for (const one of await sweepAll(at)) send(one.message, one.delaySeconds);
      close();
    },
    settle: async (between) => {
      const before = invocation;
      for (let turns = 0; queue.length > 0; turns++) {
        if (turns > mostTurns) throw new Error(`no rest after ${mostTurns} turns; at last: ${story.slice(-6).join('; ')}`);
        await turn(between);
      }
      // What the last calls set going comes to its end.
      await watchTime(10_000, between);
      return invocation - before;
    },
    begin: (through) => {
      queue.sort((a, b) => a.at - b.at || a.order - b.order);
      const [first] = queue;
      if (first === undefined || first.at > alb.clock.now()) return undefined;
      queue = queue.slice(1);
      const { message } = first;
      const name = queueFor(message);
      const { at, close } = openWorkshop(through);
      const work = async (): Promise<void> => {
        conclude(name, await serveQueue(name, [message], at));
        close();
      };
      return { message, ended: work() };
    },
    run: async (ms, between) => {
      const until = alb.clock.now() + ms;
      for (let turns = 0; queue.some((one) => one.at <= until); turns++) {
        if (turns > mostTurns) throw new Error(`no rest within ${ms} ms; at last: ${story.slice(-6).join('; ')}`);
        await turn(between);
      }
      if (until > alb.clock.now()) await watchTime(until - alb.clock.now(), between);
    },
    dieAfter: (calls, lost) => {
      planned = { left: calls, lost, dead: false };
    },
    died: () => planned?.dead === true,
    calls: async () => {
      const entries = await alb.journal(seen);
      seen = entries.at(-1)?.seq ?? seen;
      return entries;
    },
    stop: () => alb.service.stop(),
  };
}
