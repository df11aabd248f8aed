/**
 * Which keys a change concerns. The smallest that can be affected: endpoints touch the members of a Service, everything else an AlbConfig;
 * what concerns no ALB class touches nothing.
 */
import type { Reason } from '#events/contract/messages.ts';
import { albConfigNameOf, albConfigOf } from '#shared/model/membership.ts';
import type { IngressClass } from '#shared/model/wish.ts';
import { ingressControllers } from '#shared/ownership.ts';
import type { AlbConfigFacts, ClassFacts, IngressFacts, ServiceFacts } from './projections.ts';
import type { Change } from './reflector.ts';

/** What to look at again. Names are those of the cluster; the sender adds the cluster. */
export type Target =
  | { readonly kind: 'AlbConfig'; readonly name: string; readonly reason: Reason }
  /** An Ingress of ours that belongs to no AlbConfig: only a look at the whole cluster finds it and tells its owner. */
  | { readonly kind: 'Cluster' }
  | { readonly kind: 'Service'; readonly namespace: string; readonly name: string };

const albConfig = (name: string, reason: Reason = 'modified'): Target => ({ kind: 'AlbConfig', name, reason });

function members(service: string): Target {
  const [namespace = '', name = ''] = service.split('/');
  return { kind: 'Service', namespace, name };
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

  ingress(change: Change<IngressFacts>): readonly Target[] {
    const before = this.#ownerOf(change.before);
    const after = this.#ownerOf(change.after);
    if (change.before !== undefined) this.#forget(change.before);
    if (change.after !== undefined) this.#learn(change.after);
    if (change.initial || isSame(change)) return [];
    const owners = [...new Set([before, after])].flatMap((name) => (name === undefined ? [] : [albConfig(name)]));
    return this.#isAstray(change.after) ? [...owners, { kind: 'Cluster' }] : owners;
  }

  /** A class that appears, goes or changes moves every Ingress that names it, and is itself a reason to look at its AlbConfig. */
  ingressClass(change: Change<ClassFacts>): readonly Target[] {
    const before = [...this.#classes.values()];
    if (change.before !== undefined) this.#classes.delete(change.before.membership.metadata.name);
    if (change.after !== undefined) this.#classes.set(change.after.membership.metadata.name, change.after.membership);
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

  /** Its ports and settings shape groups, so the AlbConfigs that use it are asked; its ports also say where its members are. */
  service(change: Change<ServiceFacts>): readonly Target[] {
    const facts = change.after ?? change.before;
    if (facts === undefined || change.initial || isSame(change)) return [];
    const owners = this.#ownersOf(facts.service);
    return owners.length === 0 ? [] : [...owners.map((name) => albConfig(name)), members(facts.service)];
  }

  slice(change: Change<ServiceFacts>): readonly Target[] {
    if (change.initial || (isSame(change) && change.before?.service === change.after?.service)) return [];
    const services = new Set([change.before, change.after].flatMap((facts) => (facts === undefined ? [] : [facts.service])));
    return [...services].filter((service) => this.#isOurs(service)).map(members);
  }

  #isAstray(facts: IngressFacts | undefined): boolean {
    return facts !== undefined && albConfigOf(facts.membership, [...this.#classes.values()])?.problem !== undefined;
  }

  #ownerOf(facts: IngressFacts | undefined): string | undefined {
    return facts === undefined ? undefined : albConfigNameOf(facts.membership, [...this.#classes.values()]);
  }

  /** Asked at every change of endpoints, so it stops at the first Ingress that is. */
  #isOurs(service: string): boolean {
    for (const name of this.#namedBy.get(service) ?? []) if (this.#ownerOf(this.#ingresses.get(name)) !== undefined) return true;
    return false;
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
