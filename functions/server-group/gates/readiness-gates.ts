/**
 * Readiness gates: a Pod that has one of ours becomes ready only when every server group that holds it has it in service. The lane asks
 * twice: which Pods count although their EndpointSlices say that they are not ready, and, when servers are applied, whose gate opens.
 */
import { type MembersRequested, membersRequest } from '#events/contract/messages.ts';
import type { Endpoint } from '#shared/model/endpoint.ts';
import type { Pod } from '#shared/model/readiness-gates.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { nextLook, opened } from '#shared/step/gate-ledger.ts';
import { combine } from '#shared/step/outcome.ts';
import type { Settlement, Workshop } from '#shared/step/workshop.ts';
import { type Lane, outcomeOfLane, refOf } from '../members/lane.ts';
import { freePods } from './free-pods.ts';
import { areContainersReady, isLeaving, parallel, readGated, waitingPods } from './gated-pods.ts';
import { look, type Remembered, recall } from './lane-pods.ts';
import { type GateTools, openGateTools } from './tools.ts';

/** Made once a batch. */
export class ReadinessGates {
  readonly #tools: GateTools;
  /** Gated Pods that were looked at. A lane that is not here could not be looked at. */
  readonly #looked = new Map<Lane, readonly Pod[]>();

  constructor(at: Workshop) {
    this.#tools = openGateTools(at);
  }

  /**
   * Before servers are planned: Pods that count as ready. A gate that is open already makes no difference: until the Pod is seen to be
   * ready, it would be taken out again.
   */
  async due(lane: Lane, endpoints: readonly Endpoint[]): Promise<ReadonlySet<string>> {
    const waiting = waitingPods(endpoints);
    try {
      const pods = await readGated(lane.message.key, waiting, this.#tools.reads);
      this.#looked.set(lane, pods);
      return new Set(pods.filter((pod) => areContainersReady(pod) && !isLeaving(pod)).map((pod) => pod.metadata.name));
    } catch (error) {
      // The others are registered and taken out as ever; of these, what was let in before is not taken out for what cannot be read now.
      lane.outcome = combine(lane.outcome, outcomeOf(error, refOf(lane)));
      return new Set([...waiting].filter((name) => lane.ledger.gates?.pods[name] !== undefined));
    }
  }

  /** When servers are applied, before the claim is given back. Never throws. */
  async keep(lane: Lane): Promise<void> {
    const looked = this.#looked.get(lane);
    if (Object.keys(lane.claim.record.groups).length === 0) {
      lane.outcome = combine(lane.outcome, await freePods(lane.message, this.#tools));
    } else if (looked !== undefined) {
      await this.#keepPods(lane, looked);
    }
  }

  /** A Service that could not be claimed: without a record it has no groups. */
  async withoutLane(message: MembersRequested, settlement: Settlement): Promise<Settlement> {
    return settlement.facts?.['claim'] === 'absent' ? { ...settlement, outcome: await freePods(message, this.#tools) } : settlement;
  }

  async #keepPods(lane: Lane, looked: readonly Pod[]): Promise<void> {
    const now = Math.floor(this.#tools.at.kube.now());
    const before = lane.ledger.gates;
    const former = Object.entries(before?.pods ?? {});
    const pods = new Map<string, number>();
    const note = async (name: string, since: number, finding: Promise<Remembered>): Promise<void> => {
      // What fails is tried again: until then nothing has changed.
      pods.set(name, since);
      const found = await finding;
      if (found === undefined) pods.delete(name);
      else pods.set(name, found);
    };
    await this.#each(lane, former, ([name, since]) => note(name, since, recall(lane, name, since, this.#tools)));
    await this.#each(lane, looked, (pod) => {
      const { name } = pod.metadata;
      const known = before?.pods[name] ?? opened;
      const since = known === opened ? now : known;
      return note(name, since, look(lane, pod, since, this.#tools));
    });
    const { gates: _former, ...ledger } = lane.ledger;
    const { key } = lane.message;
    const { arrived } = lane;
    const next = nextLook(before, Object.fromEntries(pods), { now, arrived, returns: outcomeOfLane(lane).kind !== 'done' });
    lane.ledger = { ...ledger, ...(next.ledger === undefined ? {} : { gates: next.ledger }) };
    if (next.send === undefined) return;
    const { attempt, delaySeconds } = next.send;
    lane.sends = [...lane.sends, { message: { ...membersRequest(key), attempt }, delaySeconds }];
  }

  /** What fails for one Pod keeps no other from being looked at. */
  async #each<T>(lane: Lane, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    await eachLimited(items, parallel, (item) =>
      work(item).catch((error: unknown) => {
        lane.outcome = combine(lane.outcome, outcomeOf(error, refOf(lane)));
      }),
    );
  }
}
