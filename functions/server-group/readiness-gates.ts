/**
 * Readiness gates: a Pod that has one of ours becomes ready only when every server group that holds it has it in service. The lane asks
 * twice: which Pods count although their EndpointSlices say that they are not ready, and, when servers are applied, whose gate opens.
 */
import { type MembersRequested, membersRequest, type ServiceKey } from '#events/contract/messages.ts';
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import type { Endpoint } from '#shared/model/endpoint.ts';
import { gatesOf, isDue, type Pod, unmetGates } from '#shared/model/readiness-gates.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { combine, done, type Outcome } from '#shared/step/outcome.ts';
import type { Settlement, Workshop } from '#shared/step/workshop.ts';
import { comeBack, opened } from './gate-ledger.ts';
import { GatePlaces, type PlacedGroup } from './gate-places.ts';
import { type GateReads, openGateReads } from './gate-reads.ts';
import { judge, mayClose, type Verdict, verdict } from './gate-verdict.ts';
import { GateWriter } from './gate-writer.ts';
import { type Lane, outcomeOfLane, refOf } from './lane.ts';

/** Pods at once. */
const parallel = 8;

/** For so long nothing is said of a Pod that waits: most are in service by then, and it would be a write more for each. */
const quietMs = 3000;

/** Pods of endpoints that neither answer nor leave: what a closed gate looks like in an EndpointSlice, whatever a Service publishes. */
const waitingPods = (endpoints: readonly Endpoint[]): ReadonlySet<string> =>
  new Set(endpoints.flatMap((one) => (one.podName !== '' && !one.serving && !one.terminating ? [one.podName] : [])));

const areContainersReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some((one) => one.type === 'ContainersReady' && one.status === 'True');

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** The group's servers as this run left them; while a job is under way nobody knows. */
function placed({ work, ledger, message }: Lane): readonly PlacedGroup[] {
  return work.map(({ group, facts }) => {
    const servers = ledger.members[group]?.servers;
    return { group, service: message.key.name, facts, ...(servers === undefined ? {} : { verified: servers }) };
  });
}

/** Made once a batch. */
export class ReadinessGates {
  readonly #at: Workshop;
  readonly #reads: GateReads;
  readonly #places: GatePlaces;
  readonly #writer: GateWriter;
  /** Gated Pods that were looked at. A lane that is not here could not be looked at. */
  readonly #looked = new Map<Lane, readonly Pod[]>();

  constructor(at: Workshop) {
    this.#at = at;
    this.#reads = openGateReads(at);
    this.#places = new GatePlaces(at, this.#reads);
    this.#writer = new GateWriter(at);
  }

  /**
   * Before servers are planned: Pods that count as ready. A gate that is open already makes no difference: until the Pod is seen to be
   * ready, it would be taken out again.
   */
  async due(lane: Lane, endpoints: readonly Endpoint[]): Promise<ReadonlySet<string>> {
    const waiting = waitingPods(endpoints);
    try {
      const pods = await this.#gated(lane.message.key, waiting);
      this.#looked.set(lane, pods);
      return new Set(pods.filter((pod) => areContainersReady(pod) && !isLeaving(pod)).map((pod) => pod.metadata.name));
    } catch (error) {
      // The others are registered and taken out as ever; of these, what was let in before is not taken out for what cannot be read now.
      lane.outcome = combine(lane.outcome, outcomeOf(error, refOf(lane)));
      return new Set([...waiting].filter((name) => lane.ledger.gates?.pods[name] !== undefined));
    }
  }

  /** When servers are applied, before the claim is given back. */
  async keep(lane: Lane): Promise<void> {
    const { key } = lane.message;
    const looked = this.#looked.get(lane);
    if (Object.keys(lane.claim.record.groups).length === 0) lane.outcome = combine(lane.outcome, await this.#free(key));
    else if (looked !== undefined) await this.#keepPods(lane, looked);
  }

  /** A Service that could not be claimed: without a record it has no groups. */
  async withoutLane({ key }: MembersRequested, settlement: Settlement): Promise<Settlement> {
    return settlement.facts?.['claim'] === 'absent' ? { ...settlement, outcome: await this.#free(key) } : settlement;
  }

  /** For a Service without groups of ours: Pods that nobody else will let in must not wait for ever. */
  async #free(key: ServiceKey): Promise<Outcome> {
    let outcome = done(false);
    try {
      const endpoints = await readEndpoints(this.#at.kube, key.namespace, key.name);
      const due = (await this.#gated(key, waitingPods(endpoints))).filter(isDue);
      await eachLimited(due, parallel, async (pod) => {
        const expected = await this.#isExpected(pod);
        if (expected) outcome = combine(outcome, groupToCome);
        else outcome = combine(outcome, await this.#writer.write(pod, verdict(true, 'NotBehindALB')));
      });
      return outcome;
    } catch (error) {
      return combine(outcome, outcomeOf(error, { kind: 'Service', namespace: key.namespace, name: key.name }));
    }
  }

  /** Another Service has groups, whose lane decides; or an Ingress of ours asks for groups that are still to be made. */
  async #isExpected(pod: Pod): Promise<boolean> {
    const { namespace = '' } = pod.metadata;
    const services = await this.#reads.selectors(pod);
    const groups = await Promise.all(services.map((service) => this.#places.groupsOf(namespace, service)));
    if (groups.some((one) => one.length > 0)) return true;
    const named = await this.#reads.named(namespace);
    return services.some((service) => named.has(service));
  }

  async #gated({ namespace }: ServiceKey, names: ReadonlySet<string>): Promise<readonly Pod[]> {
    if (names.size === 0 || !(await this.#reads.optedIn(namespace))) return [];
    const pods: Pod[] = [];
    await eachLimited([...names], parallel, async (name) => {
      const pod = await this.#reads.pod(namespace, name);
      if (pod !== undefined && gatesOf(pod).length > 0) pods.push(pod);
    });
    return pods;
  }

  async #keepPods(lane: Lane, looked: readonly Pod[]): Promise<void> {
    const now = this.#at.kube.now();
    const before = lane.ledger.gates;
    const pods = new Map(Object.entries(before?.pods ?? {}));
    await this.#settle(lane, [...pods.keys()], async (name) => {
      const kept = await this.#seenBefore(lane, name, pods.get(name) ?? opened);
      if (kept === undefined) pods.delete(name);
      else pods.set(name, kept);
    });
    await this.#settle(lane, looked, async (pod) => {
      const { name } = pod.metadata;
      const since = pods.get(name) || now;
      const isOpen = await this.#look(lane, pod, since);
      if (isOpen === undefined) pods.delete(name);
      else pods.set(name, isOpen ? opened : since);
    });
    const next = comeBack(before, Object.fromEntries(pods), now);
    const { gates: _former, ...ledger } = lane.ledger;
    lane.ledger = { ...ledger, ...(next.ledger === undefined ? {} : { gates: next.ledger }) };
    // Whatever the lane waits for brings it back anyway.
    if (next.send === undefined || outcomeOfLane(lane).kind !== 'done') return;
    lane.sends = [...lane.sends, { message: { ...membersRequest(lane.message.key), attempt: 1 }, delaySeconds: next.send }];
  }

  /** What fails for one Pod keeps no other from being looked at. */
  async #settle<T>(lane: Lane, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    await eachLimited(items, parallel, (item) =>
      work(item).catch((error: unknown) => {
        lane.outcome = combine(lane.outcome, outcomeOf(error, refOf(lane)));
      }),
    );
  }

  /** What is remembered of a Pod that was gated when last seen; `undefined`: nothing any more. */
  async #seenBefore(lane: Lane, name: string, since: number): Promise<number | undefined> {
    const mine = lane.wish.endpoints.filter((one) => one.podName === name);
    if (mine.some((one) => one.serving && !one.terminating)) return opened;
    if (mine.some((one) => one.terminating)) return undefined;
    return mine.length > 0 ? since : this.#left(lane, name, since);
  }

  /** It is no endpoint any more. When it is gone with that, nobody asks for its gate. */
  async #left(lane: Lane, name: string, since: number): Promise<number | undefined> {
    const { namespace } = lane.message.key;
    const pod = (await this.#reads.optedIn(namespace)) ? await this.#reads.pod(namespace, name) : undefined;
    if (pod === undefined || isLeaving(pod) || unmetGates(pod).length === gatesOf(pod).length) return undefined;
    const ips = new Set((pod.status?.podIPs ?? []).map(({ ip }) => ip));
    if (placed(lane).some(({ verified }) => verified === undefined || verified.some(({ ip }) => ips.has(ip)))) return since;
    // A Service that selects it still wants it ready, whatever becomes of the load balancer.
    if ((await this.#reads.selectors(pod)).length > 0) return undefined;
    lane.outcome = combine(lane.outcome, await this.#writer.write(pod, verdict(false, 'Deregistered')));
    return undefined;
  }

  /** Whether its gates are open now; `undefined`: it waits for nothing of ours. */
  async #look(lane: Lane, pod: Pod, since: number): Promise<boolean | undefined> {
    if (isLeaving(pod)) return undefined;
    const shut = unmetGates(pod).length === gatesOf(pod).length;
    const found = await this.#judge(lane, pod, shut);
    if (found === undefined) return shut ? undefined : true;
    // Said at once when a gate is to be closed; of one that is still closed, when it takes long.
    const isDull = !found.open && shut && this.#at.kube.now() - since < quietMs;
    if (!isDull) lane.outcome = combine(lane.outcome, await this.#writer.write(pod, found));
    return found.reason === 'ContainersNotReady' ? undefined : found.open;
  }

  /** What its gates are to say; `undefined`: they stay as they are. */
  async #judge(lane: Lane, pod: Pod, shut: boolean): Promise<Verdict | undefined> {
    const own = await this.#places.of(pod, placed(lane), lane.wish);
    if (!areContainersReady(pod)) {
      const isOut = !shut && mayClose([...own, ...(await this.#places.elsewhere(pod, lane.message.key.name))]);
      return isOut ? verdict(false, 'ContainersNotReady') : undefined;
    }
    const places = [...own, ...(await this.#places.elsewhere(pod, lane.message.key.name))];
    const found = judge(places);
    return !found.open && !shut && !mayClose(places) ? undefined : found;
  }
}

/** The chain asks for the Service's members when it has made a group; this is for when it never does. */
const groupToCome: Outcome = {
  kind: 'park',
  because: 'Pods wait for a server group that is still to be made',
  problems: [],
  afterSeconds: 5,
};
