/** Owner references: dependents go when their owners are gone, before their owner (foreground), or are let go (orphan). */
import type { Api } from '../api.ts';
import type { Served } from '../catalog.ts';
import { type Json, type JsonMap, listAt, mapAt, textAt } from '../json.ts';
import { FOREGROUND, ORPHAN, remove } from '../remove.ts';
import { targetOf } from '../resource-requests.ts';
import type { Change } from '../store.ts';
import { update } from '../write.ts';
import { OwnerGraph } from './owner-graph.ts';
import type { Controller } from './work.ts';

interface Held {
  readonly resource: Served;
  readonly object: JsonMap;
}

const uidOf = (object: Json | undefined): string => textAt(object, 'metadata', 'uid');
const isMarked = (object: JsonMap): boolean => textAt(object, 'metadata', 'deletionTimestamp') !== '';
const hasFinalizer = (object: JsonMap, finalizer: string): boolean => listAt(object, 'metadata', 'finalizers').includes(finalizer);

export class GarbageCollector implements Controller {
  readonly #api: Api;
  readonly #graph = new OwnerGraph();

  constructor(api: Api) {
    this.#api = api;
  }

  /** Keys are uids: of the object that changed and of its owners. */
  due(change: Change): readonly string[] {
    this.#graph.learn(change);
    const owners = listAt(change.object, 'metadata', 'ownerReferences').map((owner) => textAt(owner, 'uid'));
    const waiting = isMarked(change.object) && (hasFinalizer(change.object, FOREGROUND) || hasFinalizer(change.object, ORPHAN));
    if (change.type !== 'DELETED' && owners.length === 0 && !waiting) return [];
    return [uidOf(change.object), ...owners];
  }

  settle(uid: string): void {
    const held = this.#heldAs(uid);
    if (held === undefined) {
      for (const dependent of this.#dependents(uid)) this.#collect(dependent);
      return;
    }
    if (listAt(held.object, 'metadata', 'ownerReferences').length > 0) this.#collect(held);
    const now = this.#api.store.get(
      held.resource.key,
      textAt(held.object, 'metadata', 'namespace'),
      textAt(held.object, 'metadata', 'name'),
    );
    if (now === undefined || uidOf(now) !== uid || !isMarked(now)) return;
    if (hasFinalizer(now, ORPHAN)) this.#orphan({ ...held, object: now });
    if (hasFinalizer(now, FOREGROUND)) this.#removeDependentsFirst({ ...held, object: now });
  }

  #dependents(uid: string): readonly Held[] {
    return this.#graph.dependentsOf(uid).flatMap((one) => this.#heldAs(one) ?? []);
  }

  #heldAs(uid: string): Held | undefined {
    const node = this.#graph.find(uid);
    const resource = node === undefined ? undefined : this.#api.catalog.all.find((one) => one.key === node.resource);
    return node === undefined || resource === undefined ? undefined : { resource, object: node.object };
  }

  /** Whether the owner is there, or at least a namespaced dependent could see it. */
  #owner(reference: Json, namespace: string): JsonMap | undefined {
    const resource = this.#api.catalog.findKind(textAt(reference, 'apiVersion'), textAt(reference, 'kind'));
    if (resource === undefined) return undefined;
    const owner = this.#api.store.get(resource.key, resource.namespaced ? namespace : '', textAt(reference, 'name'));
    return uidOf(owner) === textAt(reference, 'uid') ? owner : undefined;
  }

  /** Removes a dependent without owners, or only its references to those that are gone. */
  #collect({ resource, object }: Held): void {
    const references = listAt(object, 'metadata', 'ownerReferences');
    const kept = references.filter((reference) => this.#owner(reference, textAt(object, 'metadata', 'namespace')) !== undefined);
    if (kept.length === references.length || isMarked(object)) return;
    const target = targetOf(resource, object);
    if (kept.length === 0) remove(this.#api, target, { uid: uidOf(object), propagation: this.#policyOf(object) });
    else this.#setOwners(target, kept);
  }

  #policyOf(object: JsonMap): 'Background' | 'Foreground' | 'Orphan' {
    if (hasFinalizer(object, ORPHAN)) return 'Orphan';
    return hasFinalizer(object, FOREGROUND) ? 'Foreground' : 'Background';
  }

  #setOwners(target: ReturnType<typeof targetOf>, owners: readonly Json[]): void {
    update(this.#api, target, (old) => ({ ...old, metadata: { ...mapAt(old, 'metadata'), ownerReferences: [...owners] } }), undefined);
  }

  #orphan(owner: Held): void {
    for (const { resource, object } of this.#dependents(uidOf(owner.object))) {
      const others = listAt(object, 'metadata', 'ownerReferences').filter((reference) => textAt(reference, 'uid') !== uidOf(owner.object));
      this.#setOwners(targetOf(resource, object), others);
    }
    this.#release(owner, ORPHAN);
  }

  #removeDependentsFirst(owner: Held): void {
    const uid = uidOf(owner.object);
    for (const { resource, object } of this.#dependents(uid)) {
      if (!isMarked(object)) remove(this.#api, targetOf(resource, object), { uid: uidOf(object), propagation: 'Foreground' });
    }
    const blocks = (reference: Json) => textAt(reference, 'uid') === uid && mapAt(reference)['blockOwnerDeletion'] === true;
    const blocking = this.#dependents(uid).filter(({ object }) => listAt(object, 'metadata', 'ownerReferences').some(blocks));
    if (blocking.length === 0) this.#release(owner, FOREGROUND);
  }

  #release({ resource, object }: Held, finalizer: string): void {
    const target = targetOf(resource, object);
    const without = (old: JsonMap): JsonMap => {
      const finalizers = listAt(old, 'metadata', 'finalizers').filter((one) => one !== finalizer);
      return { ...old, metadata: { ...mapAt(old, 'metadata'), finalizers } };
    };
    update(this.#api, target, without, undefined);
  }
}
