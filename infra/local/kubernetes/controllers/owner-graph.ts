/** Who owns whom, by uid, learnt from the store's changes: looking through everything for each change would cost more than all the rest. */
import { type JsonMap, listAt, textAt } from '../json.ts';
import type { Change } from '../store.ts';

interface Node {
  /** Storage key. */
  readonly resource: string;
  readonly object: JsonMap;
}

const ownersOf = (object: JsonMap): readonly string[] => listAt(object, 'metadata', 'ownerReferences').map((owner) => textAt(owner, 'uid'));

export class OwnerGraph {
  readonly #nodes = new Map<string, Node>();
  readonly #dependents = new Map<string, Set<string>>();

  /** Takes a change in. */
  learn(change: Change): void {
    const uid = textAt(change.object, 'metadata', 'uid');
    for (const owner of ownersOf(change.previous ?? {})) this.#forget(owner, uid);
    this.#nodes.delete(uid);
    if (change.type === 'DELETED') return;
    this.#nodes.set(uid, { resource: change.resource, object: change.object });
    for (const owner of ownersOf(change.object)) this.#dependents.set(owner, (this.#dependents.get(owner) ?? new Set()).add(uid));
  }

  find(uid: string): Node | undefined {
    return this.#nodes.get(uid);
  }

  dependentsOf(uid: string): readonly string[] {
    return [...(this.#dependents.get(uid) ?? [])];
  }

  #forget(owner: string, uid: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(uid);
    if (dependents?.size === 0) this.#dependents.delete(owner);
  }
}
