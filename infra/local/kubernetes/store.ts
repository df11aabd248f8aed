/**
 * Every object and every change, in memory. Versions count up over all resources, as in etcd; changes are kept for watches and for pages
 * of a list as it was. What is stored is never changed in place.
 */
import { type JsonMap, mapAt, textAt } from './json.ts';

type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change. For `DELETED`, `object` is what was removed, with the version of the removal. */
export interface Change {
  readonly version: number;
  /** Storage key of the resource. */
  readonly resource: string;
  readonly type: ChangeType;
  readonly object: JsonMap;
  readonly previous: JsonMap | undefined;
}

export type Listener = (change: Change) => void;

/** Where an object stands within its resource; sorts by namespace, then name, as etcd's keys do. */
const keyOf = (object: JsonMap): string => nameKey(textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name'));
const nameKey = (namespace: string, name: string): string => `${namespace}/${name}`;

export class Store {
  #historyLimit = 10_000;
  readonly #objects = new Map<string, Map<string, JsonMap>>();
  readonly #listeners = new Set<Listener>();
  #history: Change[] = [];
  #version: number;
  #forgotten: number;

  /** Versions begin after `first`, which must be above those of a former run, so that its clients are told to list again. */
  constructor(first: number) {
    this.#version = first;
    this.#forgotten = first;
  }

  /** The version of the last change. */
  get version(): number {
    return this.#version;
  }

  /** Changes up to this version are no longer known. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get(resource: string, namespace: string, name: string): JsonMap | undefined {
    return this.#objects.get(resource)?.get(nameKey(namespace, name));
  }

  /** All objects of a resource, in the order of namespace and name. Empty namespace: all. */
  list(resource: string, namespace = ''): JsonMap[] {
    return sorted(this.#objects.get(resource)?.values() ?? [], namespace);
  }

  /** The list as it was at a version. Undefined when that is no longer known. */
  listAt(resource: string, namespace: string, version: number): JsonMap[] | undefined {
    if (version < this.#forgotten) return undefined;
    const objects = new Map(this.#objects.get(resource) ?? []);
    for (const change of [...this.#history].reverse()) {
      if (change.version <= version) break;
      if (change.resource !== resource) continue;
      if (change.previous === undefined) objects.delete(keyOf(change.object));
      else objects.set(keyOf(change.object), change.previous);
    }
    return sorted(objects.values(), namespace);
  }

  /** Changes of a resource after a version, oldest first. */
  since(resource: string, version: number): readonly Change[] {
    return this.#history.filter((change) => change.resource === resource && change.version > version);
  }

  /** Stores an object under the next version and tells everybody. Returns it as stored. */
  put(resource: string, object: JsonMap): JsonMap {
    const objects = this.#objects.get(resource) ?? new Map<string, JsonMap>();
    this.#objects.set(resource, objects);
    const previous = objects.get(keyOf(object));
    const stored = this.#stamp(object);
    objects.set(keyOf(object), stored);
    this.#tell({ version: this.#version, resource, type: previous === undefined ? 'ADDED' : 'MODIFIED', object: stored, previous });
    return stored;
  }

  /** Removes an object; what is told is its last state (which may be newer than what was stored) with the version of the removal. */
  remove(resource: string, object: JsonMap): JsonMap {
    const objects = this.#objects.get(resource);
    const previous = objects?.get(keyOf(object));
    objects?.delete(keyOf(object));
    const removed = this.#stamp(object);
    this.#tell({ version: this.#version, resource, type: 'DELETED', object: removed, previous });
    return removed;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everything held, by resource. */
  everything(): Readonly<Record<string, readonly JsonMap[]>> {
    return Object.fromEntries([...this.#objects.keys()].map((resource) => [resource, this.list(resource)]));
  }

  /** Changes kept; older watches are told 410. */
  limitHistory(changes: number): void {
    this.#historyLimit = changes;
    this.#trim();
  }

  #trim(): void {
    const cut = this.#history.length - this.#historyLimit;
    if (cut <= 0) return;
    this.#forgotten = this.#history[cut - 1]?.version ?? this.#forgotten;
    this.#history = this.#history.slice(cut);
  }

  #stamp(object: JsonMap): JsonMap {
    this.#version += 1;
    const { name = '', ...metadata } = mapAt(object, 'metadata');
    return { ...object, metadata: { name, ...metadata, resourceVersion: String(this.#version) } };
  }

  #tell(change: Change): void {
    this.#history.push(change);
    // Trimmed in bulk: one slice for every tenth of the limit, not one for every change.
    if (this.#history.length > this.#historyLimit * 1.1) this.#trim();
    for (const listener of this.#listeners) listener(change);
  }
}

function sorted(objects: Iterable<JsonMap>, namespace: string): JsonMap[] {
  const chosen = [...objects].filter((object) => namespace === '' || textAt(object, 'metadata', 'namespace') === namespace);
  const keyed = chosen.map((object) => ({ key: keyOf(object), object }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ object }) => object);
}
