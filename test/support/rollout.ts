/**
 * Pods that become ready, and how long it takes until they are servers: the member lane's own code over a cloud and an API server in memory,
 * all on one virtual clock. Handlers run side by side, as many as there may be; every call takes its time.
 */
import { type MembersRequested, type Message, membersRequest, type ServiceKey } from '#events/contract/messages.ts';
import { keepMembers } from '#functions/server-group/members/members.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { createRecords } from '#shared/step/records.ts';
import { repeat } from '#shared/step/settle.ts';
import type { Settlement, Workshop } from '#shared/step/workshop.ts';
import { claimSeconds, stepRow } from '#shared/steps.ts';
import { groupSettings } from './alb-settings.ts';
import { anEndpointSlice } from './cafe.ts';
import { createFakeAlb } from './fake-alb.ts';
import { createFakeEcs } from './fake-ecs.ts';
import { createFakeKube } from './fake-kube.ts';
import { aSite } from './objects.ts';

/** Of `at` ms: a pod of the Service becomes ready. */
export interface Arrival {
  readonly at: number;
  readonly service: string;
  readonly ip: string;
}

export interface Delays {
  /** How long the forwarder gathers changes of one key, ms. */
  readonly windowMs: number;
  readonly callMs: number;
  readonly jobMs: number;
  /** Of queue and trigger together. */
  readonly queueMs: number;
}

export interface Rollout {
  /** From ready to registered, ms, sorted. */
  readonly latencies: readonly number[];
  readonly cloudCalls: number;
  readonly writes: number;
  readonly messages: number;
  readonly invocations: number;
}

/** Tasks by time. */
class Timeline {
  now = 0;
  #order = 0;
  #due: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];

  at(time: number, run: () => void): void {
    this.#order += 1;
    this.#due.push({ at: Math.max(time, this.now), order: this.#order, run });
  }

  sleep = (ms: number): Promise<void> => new Promise((wake) => this.at(this.now + ms, wake));

  async run(onStep: (passed: number) => void): Promise<void> {
    for (;;) {
      // Whatever can go on without time passing does: everything here is in memory.
      await new Promise((resolve) => setImmediate(resolve));
      this.#due.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#due.shift();
      if (next === undefined) return;
      const passed = next.at - this.now;
      this.now = next.at;
      if (passed > 0) onStep(passed);
      next.run();
    }
  }
}

/** What is to be sent when a batch is settled; the lane asks for nothing but itself here. */
const sendsOf = (
  settled: ReadonlyMap<Message, Settlement>,
): readonly { readonly message: MembersRequested; readonly delaySeconds: number }[] =>
  [...settled]
    .flatMap(([message, settlement]) => [...settlement.sends, repeat(message, settlement, 0.5)])
    .flatMap((one) => (one?.message.type === 'albeit.members.requested' ? [{ message: one.message, delaySeconds: one.delaySeconds }] : []));

/** Longer than any work still under way takes, ms. */
const afterwardsMs = 60_000;

export async function rollout(arrivals: readonly Arrival[], { windowMs, callMs, jobMs, queueMs }: Delays): Promise<Rollout> {
  const time = new Timeline();
  const slow = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(inner, property, receiver) {
        const member: unknown = Reflect.get(inner, property, receiver);
        if (typeof member !== 'function' || property === 'now' || property === 'close') return member;
        return async (...args: unknown[]) => {
          await time.sleep(callMs);
          return Reflect.apply(member, inner, args) as unknown;
        };
      },
    });
  const services = [...new Set(arrivals.map((one) => one.service))];
  const alb = createFakeAlb({ settleMs: jobMs, vpcId: aSite.vpcId, quota: { serversPerGroup: 1000 } });
  const ecs = createFakeEcs();
  for (const { ip } of arrivals) {
    ecs.put(aSite.vpcId, { networkInterfaceId: `eni-${ip.replaceAll('.', '-')}`, status: 'InUse', privateIps: [ip], ipv6Ips: [] });
  }
  const kube = createFakeKube([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as KubeObject,
    ...services.map((name) => anEndpointSlice(name, [])),
  ]);
  const row = stepRow('server-group');
  const groups = new Map<string, string>();
  for (const name of services) {
    const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: aSite.vpcId } as const;
    const { serverGroupId } = await alb.createServerGroup({
      settings: groupSettings({ serverGroupName: name }),
      fixed,
      tags: {},
      clientToken: name,
    });
    groups.set(name, serverGroupId);
    const facts = { albConfig: 'cafe', mode: 'eni', portName: 'http', made: true } as const;
    await createRecords(kube).setGroups(keyOf(name), 'cafe', { [serverGroupId]: facts });
  }
  alb.advance(jobMs);
  alb.clearCalls();
  const queue: { readonly message: MembersRequested; readonly at: number }[] = [];
  const counts = { messages: 0, invocations: 0, busy: 0 };
  const send = (message: MembersRequested, delaySeconds: number): void => {
    counts.messages += 1;
    const at = time.now + queueMs + delaySeconds * 1000;
    queue.push({ message, at });
    time.at(at, () => void pull());
  };
  const invoke = async (batch: readonly MembersRequested[]): Promise<void> => {
    counts.invocations += 1;
    const entered = time.now;
    const slowKube = slow(kube);
    const at: Workshop = {
      site: aSite,
      kube: slowKube,
      records: createRecords(slowKube),
      cloud: { alb: slow(alb), ecs: slow(ecs), vpc: slow({ listVSwitches: () => Promise.resolve([]), close: () => undefined }) },
      holder: `rollout/${counts.invocations}`,
      claimSeconds: claimSeconds(row.timeoutSeconds),
      callMs: 10_000,
      pause: time.sleep,
      hasTime: (ms) => time.now + ms < entered + row.timeoutSeconds * 1000,
      random: () => 0.5,
      log: { info: () => undefined, warn: () => undefined },
    };
    const sends = sendsOf(await keepMembers(batch, at));
    if (sends.length > 0) await time.sleep(callMs);
    for (const one of sends) send(one.message, one.delaySeconds);
  };
  const pull = async (): Promise<void> => {
    const due = queue.filter((one) => one.at <= time.now).slice(0, row.batch);
    if (due.length === 0 || counts.busy >= row.concurrency) return;
    for (const one of due) queue.splice(queue.indexOf(one), 1);
    counts.busy += 1;
    await invoke(due.map((one) => one.message));
    counts.busy -= 1;
    await pull();
  };

  const ready = new Map<string, string[]>(services.map((name) => [name, []]));
  const dirty = new Set<string>();
  const waiting = new Map<string, Arrival>();
  for (const arrival of arrivals) {
    time.at(arrival.at, () => {
      const { service, ip } = arrival;
      const ips = ready.get(service) ?? [];
      ips.push(ip);
      waiting.set(ip, arrival);
      const { endpoints, metadata } = anEndpointSlice(service, ips);
      void kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: metadata.name }, { endpoints });
      if (dirty.has(service)) return;
      dirty.add(service);
      time.at(arrival.at + windowMs, () => {
        dirty.delete(service);
        time.at(time.now + callMs, () => send(membersRequest(keyOf(service)), 0));
      });
    });
  }
  time.at(Math.max(...arrivals.map((one) => one.at)) + afterwardsMs, () => undefined);
  const latencies: number[] = [];
  await time.run((passed) => {
    alb.advance(passed);
    kube.advance(passed);
    for (const [ip, { at, service }] of waiting) {
      const servers = alb.state.groups.get(groups.get(service) ?? '')?.servers ?? [];
      if (!servers.some((one) => one.serverIp === ip && one.status === 'Available')) continue;
      latencies.push(time.now - at);
      waiting.delete(ip);
    }
  });
  if (waiting.size > 0) throw new Error(`${waiting.size} pod(s) never became servers`);
  return {
    latencies: latencies.sort((a, b) => a - b),
    cloudCalls: alb.calls.length + ecs.calls.length,
    writes: alb.writes().length,
    messages: counts.messages,
    invocations: counts.invocations,
  };
}

const keyOf = (name: string): ServiceKey => ({ kind: 'Service', cluster: 'c-local', namespace: 'shop', name });

/** Of sorted figures; `share` from 0 to 1. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;

/** The same numbers, 0 to 1, for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
