/**
 * Which keys a change concerns. The smallest that can be affected: endpoints, nodes and waiting Pods touch the members of a Service, everything
 * else an AlbConfig; what concerns no ALB class touches nothing.
 */
import type { Reason } from '#events/contract/messages.ts';
import { albConfigNameOf, albConfigOf } from '#shared/model/membership.ts';
import type { NodeFacts } from '#shared/model/nodes.ts';
import type { IngressClass } from '#shared/model/wish.ts';
import { ingressControllers } from '#shared/ownership.ts';
import { DuePods, type Waiting } from './due-pods.ts';
import { NodeCare } from './node-care.ts';
import type { AlbConfigFacts, ClassFacts, IngressFacts } from './projections.ts';
import type { Change } from './reflector.ts';
import type { NodePorts, ServiceFacts } from './service-facts.ts';
import { namespaceOf, Services } from './services.ts';
import type { SliceFacts } from './slice-facts.ts';

/** What to look at again. Names are those of the cluster; the sender adds the cluster. */
export type Target =
  | { readonly kind: 'AlbConfig'; readonly name: string; readonly reason: Reason }
  /** An Ingress of ours that belongs to no AlbConfig: only a look at the whole cluster finds it and tells its owner. */
  | { readonly kind: 'Cluster' }
  /** `whole`: the Service itself changed, not its endpoints alone. */
  | { readonly kind: 'Service'; readonly namespace: string; readonly name: string; readonly whole: boolean };

const albConfig = (name: string, reason: Reason = 'modified'): Target => ({ kind: 'AlbConfig', name, reason });

function members(service: string, whole = false): Target {
  const namespace = namespaceOf(service);
  return { kind: 'Service', namespace, name: service.slice(namespace.length + 1), whole };
}

const isSame = (change: Change<{ readonly digest: string }>): boolean => change.before?.digest === change.after?.digest;

const reasonOf = (change: Change<unknown>): Reason => {
  if (change.before === undefined) return 'added';
  return change.after === undefined ? 'deleted' : 'modified';
};

/** Keeps who names what, and answers for each change which targets it has. Changes of a first list are learnt and have none. */
export class Routing {
  readonly #classes = new Map<string, IngressClass>();
  readonly #ingresses = new Map<string, IngressFacts>();
  /** From a Service to the Ingresses that name it, whether or not they are ours: a class can make them ours later. */
  readonly #namedBy = new Map<string, Set<string>>();
  readonly #services = new Services();
  readonly #nodes = new NodeCare();
  readonly #due = new DuePods();

  ingress(change: Change<IngressFacts>): readonly Target[] {
    const before = this.#ownerOf(change.before);
    const after = this.#ownerOf(change.after);
    if (change.before !== undefined) this.#forget(change.before);
    if (change.after !== undefined) this.#learn(change.after);
    this.#review([change.before, change.after].flatMap((facts) => facts?.services ?? []));
    if (change.initial || isSame(change)) return [];
    const owners = [...new Set([before, after])].flatMap((name) => (name === undefined ? [] : [albConfig(name)]));
    return this.#isAstray(change.after) ? [...owners, { kind: 'Cluster' }] : owners;
  }

  /** A class that appears, goes or changes moves every Ingress that names it, and is itself a reason to look at its AlbConfig. */
  ingressClass(change: Change<ClassFacts>): readonly Target[] {
    const before = [...this.#classes.values()];
    if (change.before !== undefined) this.#classes.delete(change.before.membership.metadata.name);
    if (change.after !== undefined) this.#classes.set(change.after.membership.metadata.name, change.after.membership);
    this.#review(this.#namedBy.keys());
    if (change.initial || isSame(change)) return [];
    const after = [...this.#classes.values()];
    const named = [change.before, change.after].map((facts) => parameterOf(facts?.membership));
    const moved = [...this.#ingresses.values()].flatMap(({ membership }) => {
      const owners = [albConfigNameOf(membership, before), albConfigNameOf(membership, after)];
      return owners[0] === owners[1] ? [] : owners;
    });
    return [...new Set([...named, ...moved])].flatMap((name) => (name === undefined ? [] : [albConfig(name)]));
  }

  albConfig(change: Change<AlbConfigFacts>): readonly Target[] {
    const facts = change.after ?? change.before;
    return facts === undefined || change.initial || isSame(change) ? [] : [albConfig(facts.name, reasonOf(change))];
  }

  /**
   * Its ports and settings shape groups, so the AlbConfigs that use it are asked; its ports also say where its members are. One that is bound to a
   * group by annotation is ours without any Ingress, and once more when it is bound no longer.
   */
  service(change: Change<ServiceFacts>): readonly Target[] {
    const { before, after, initial } = change;
    const facts = after ?? before;
    if (facts === undefined) return [];
    if (after === undefined) this.#services.remove(facts);
    else this.#services.put(after);
    this.#review([facts.service]);
    if (initial || isSame(change)) return [];
    const owners = this.#ownersOf(facts.service);
    const isOurs = owners.length > 0 || before?.bound === true || after?.bound === true;
    // One that takes waiting Pods lets them go, ours or not: they may have come before it.
    const isAwaited = this.#due.isTaken(namespaceOf(facts.service), after?.selector);
    return isOurs || isAwaited ? [...owners.map((name) => albConfig(name)), members(facts.service, true)] : [];
  }

  /**
   * Endpoints that get requests, or no longer do. That one has moved from one slice to another is told as well: whoever was told before may have
   * read in between, when it was in none.
   */
  slice({ before, after, initial }: Change<SliceFacts>): readonly Target[] {
    if (initial) return [];
    const services = new Set([before, after].flatMap((facts) => (facts === undefined ? [] : [facts.service])));
    const of = (facts: SliceFacts | undefined, service: string) => (facts?.service === service ? facts : undefined);
    return [...services].filter((service) => this.#isNews(service, of(before, service), of(after, service))).map((one) => members(one));
  }

  /** Follows what nodes are to Services; nothing but `needsNodes` ever starts it. */
  node(change: Change<NodeFacts>): readonly Target[] {
    return this.#nodes.node(change).map((service) => members(service));
  }

  /** Some Service of ours has nodes for servers, so nodes have to be followed. */
  get needsNodes(): boolean {
    return this.#nodes.isNeeded;
  }

  /** The first list of nodes is complete. Answers which Services may have been told something else in the meantime. */
  nodesListed(): readonly Target[] {
    this.#nodes.listed();
    return this.#nodes.services.map((service) => members(service));
  }

  nodesForgotten(): void {
    this.#nodes.forget();
  }

  /** A Pod that waits for a gate has the Services looked at that take it; those that are not ours too, so that it is let go. */
  pod(change: Change<{ readonly due: Waiting }>): readonly Target[] {
    const due = this.#due.pod(change);
    return due === undefined ? [] : this.#services.selecting(due.namespace, due.labels).map((service) => members(service));
  }

  podsForgotten(namespace: string): void {
    this.#due.forgetAll(namespace);
  }

  #isNews(service: string, before: SliceFacts | undefined, after: SliceFacts | undefined): boolean {
    const differ = (field: 'serving' | 'onNodes' | 'waiting') => (before?.[field] ?? '') !== (after?.[field] ?? '');
    const known = this.#services.get(service);
    // Only where a Pod of the Service waits for us: it may have been too early for its slice when it was first told.
    if (differ('waiting') && this.#due.isTaken(namespaceOf(service), known?.selector)) return true;
    if (!differ('serving') && !(differ('onNodes') && this.#nodes.cares(service))) return false;
    return this.#isOurs(service) && !this.#nodes.isBeyondEndpoints(service);
  }

  #isAstray(facts: IngressFacts | undefined): boolean {
    return facts !== undefined && albConfigOf(facts.membership, [...this.#classes.values()])?.problem !== undefined;
  }

  #ownerOf(facts: IngressFacts | undefined): string | undefined {
    return facts === undefined ? undefined : albConfigNameOf(facts.membership, [...this.#classes.values()]);
  }

  /** Asked at every change of endpoints, so it stops at the first Ingress that is. */
  #isOurs(service: string): boolean {
    if (this.#services.get(service)?.bound === true) return true;
    for (const name of this.#namedBy.get(service) ?? []) if (this.#ownerOf(this.#ingresses.get(name)) !== undefined) return true;
    return false;
  }

  /** Whether the servers of each Service are nodes now. */
  #review(services: Iterable<string>): void {
    for (const service of services) this.#nodes.set(service, this.#nodePortsOf(service));
  }

  #nodePortsOf(service: string): NodePorts | undefined {
    const { nodePorts, bound } = this.#services.get(service) ?? {};
    // Most Services have no node ports, and who names them need not be asked.
    if (nodePorts === undefined) return undefined;
    const ingresses = [...(this.#namedBy.get(service) ?? [])].flatMap((name) => this.#ingresses.get(name) ?? []);
    const ours = ingresses.filter((facts) => this.#ownerOf(facts) !== undefined);
    const bare = ours.filter(({ bareAddresses }) => bareAddresses === true);
    if (bound !== true && bare.length === ours.length) return undefined;
    // What it is bound to may be a group of bare addresses too, which endpoints fill.
    return bound === true || bare.length > 0 ? { ...nodePorts, anyNode: false } : nodePorts;
  }

  /** The AlbConfigs of the Ingresses that name a Service, each once. */
  #ownersOf(service: string): readonly string[] {
    const owners = [...(this.#namedBy.get(service) ?? [])].map((name) => this.#ownerOf(this.#ingresses.get(name)));
    return [...new Set(owners)].filter((name) => name !== undefined);
  }

  #learn(facts: IngressFacts): void {
    const name = nameOf(facts);
    this.#ingresses.set(name, facts);
    for (const service of facts.services) {
      const named = this.#namedBy.get(service) ?? new Set();
      this.#namedBy.set(service, named.add(name));
    }
  }

  #forget(facts: IngressFacts): void {
    const name = nameOf(facts);
    this.#ingresses.delete(name);
    for (const service of facts.services) {
      const named = this.#namedBy.get(service);
      named?.delete(name);
      if (named?.size === 0) this.#namedBy.delete(service);
    }
  }
}

const nameOf = ({ membership: { metadata } }: IngressFacts): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** The AlbConfig that a class of ours names. */
const parameterOf = (one: IngressClass | undefined): string | undefined =>
  one?.spec?.parameters?.kind === 'AlbConfig' && ingressControllers.includes(one.spec.controller ?? '')
    ? one.spec.parameters.name
    : undefined;
