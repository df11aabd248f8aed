/**
 * An API server in memory, for tests: the rules of storage that our code leans on (versions, optimistic locking, generation, status
 * subresource, finalizers), and nothing else. It passes the same contract as the real one.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AlbeitError } from '#shared/errors.ts';
import { nameOf, nameText, objectPath, requireIdentity } from '#shared/kube/paths.ts';
import type { Condition, KindName, Kube, KubeObject, ListOptions, ObjectName, WriteResult } from '#shared/kube/port.ts';

type Content = Readonly<Record<string, unknown>>;
type Stored = KubeObject & Content;

/** One call that the fake answered, for counting. */
interface FakeCall {
  readonly verb: 'get' | 'list' | 'create' | 'replace' | 'patch' | 'delete';
  readonly kind: KindName;
  readonly namespace: string;
  /** Empty for a list. */
  readonly name: string;
  readonly subresource?: 'status';
}

export interface FakeKube extends Kube {
  readonly calls: readonly FakeCall[];
  /** Throws this before the next `times` calls that match; absent match = any. */
  fail(error: AlbeitError, times?: number, match?: (call: FakeCall) => boolean): void;
  /** Moves the server's clock, in ms. */
  advance(ms: number): void;
  /** Everything held of a kind. */
  held<T extends KubeObject>(kind: KindName): readonly T[];
}

/** Kinds whose status is written apart. Their `generation` counts changes of everything but metadata and status. */
const withStatus: ReadonlySet<KindName> = new Set(['Ingress', 'Service', 'Pod', 'Node', 'Deployment', 'ReplicaSet', 'AlbConfig']);
const withGeneration: ReadonlySet<KindName> = new Set([
  'Ingress',
  'IngressClass',
  'EndpointSlice',
  'Deployment',
  'ReplicaSet',
  'AlbConfig',
]);
/** Kinds that an update may create: the real API server answers that the uid does not fit, and not that nothing is there. */
const createdByUpdate: ReadonlySet<KindName> = new Set(['Lease', 'Service']);
/** These exist from the start, as in a cluster. */
const firstNamespaces = ['default', 'kube-system', 'albeit-system'];

const isContent = (value: unknown): value is Content => typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7396. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isContent(patch)) return patch;
  const base = isContent(target) ? target : {};
  const merged = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(base[name], value);
  }
  return merged;
}

const specOf = ({ metadata: _, status: __, ...content }: Stored & { readonly status?: unknown }): Content => content;

function parseSelector(text: string | undefined): readonly (readonly [string, string])[] {
  return (text ?? '').split(',').flatMap((one) => {
    const [name, value = ''] = one.split(/==?/);
    return name ? [[name, value] as const] : [];
  });
}

class Store {
  readonly #objects = new Map<string, Stored>();
  #version = 0;
  nowMs = Date.parse('2026-11-21T12:00:00Z');

  get version(): string {
    return String(this.#version);
  }

  at(path: string): Stored | undefined {
    return this.#objects.get(path);
  }

  all(kind: KindName): readonly Stored[] {
    return [...this.#objects.values()].filter((object) => object.kind === kind);
  }

  insert(path: string, object: KubeObject): Stored {
    const kind = nameOf(object).kind;
    const content = withStatus.has(kind) ? { ...object, status: undefined } : object;
    return this.#put(path, {
      ...content,
      metadata: {
        ...object.metadata,
        uid: randomUUID(),
        creationTimestamp: new Date(this.nowMs).toISOString().replace('.000', ''),
        ...(withGeneration.has(kind) ? { generation: 1 } : {}),
      },
    });
  }

  /** Stores `next` over `known`: what only the server may write stays, and a write that changes nothing is none. */
  update(path: string, known: Stored, next: Stored): Stored {
    const { uid, creationTimestamp, generation, deletionTimestamp, resourceVersion } = known.metadata;
    const changed = !isDeepStrictEqual(plain(specOf(known)), plain(specOf(next)));
    const kept = { uid, creationTimestamp, deletionTimestamp, resourceVersion };
    const counted = generation === undefined ? undefined : generation + (changed ? 1 : 0);
    // `plain` drops the members that are undefined, which the types of an object do not have.
    const object = plain({ ...next, metadata: { ...next.metadata, ...kept, generation: counted } }) as Stored;
    if (isDeepStrictEqual(plain(known), object)) return known;
    if (deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0) return this.#drop(path, object);
    return this.#put(path, object);
  }

  /** Marks an object that has finalizers, takes away one that has none. */
  remove(path: string, known: Stored): void {
    if ((known.metadata.finalizers ?? []).length === 0) this.#drop(path, known);
    else if (known.metadata.deletionTimestamp === undefined) {
      const deletionTimestamp = new Date(this.nowMs).toISOString().replace('.000', '');
      const generation = known.metadata.generation === undefined ? {} : { generation: known.metadata.generation + 1 };
      this.#put(path, { ...known, metadata: { ...known.metadata, ...generation, deletionTimestamp } });
    }
  }

  #put(path: string, object: KubeObject & Content): Stored {
    this.#version += 1;
    const stored: Stored = plain({ ...object, metadata: { ...object.metadata, resourceVersion: this.version } });
    this.#objects.set(path, stored);
    return stored;
  }

  #drop(path: string, object: Stored): Stored {
    this.#version += 1;
    this.#objects.delete(path);
    return object;
  }
}

/** As it would be after the wire: no `undefined`, nothing shared with the caller. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

interface Failing {
  readonly error: AlbeitError;
  readonly match: (call: FakeCall) => boolean;
  times: number;
}

export function createFakeKube(objects: readonly KubeObject[] = []): FakeKube {
  const store = new Store();
  const calls: FakeCall[] = [];
  const failing: Failing[] = [];
  const answer = (verb: FakeCall['verb'], kind: KindName, namespace: string, name: string, subresource?: 'status'): void => {
    const call = { verb, kind, namespace, name, ...(subresource === undefined ? {} : { subresource }) };
    calls.push(call);
    const fault = failing.find((one) => one.times > 0 && one.match(call));
    if (fault === undefined) return;
    fault.times -= 1;
    throw fault.error;
  };
  const asked = (verb: FakeCall['verb'], name: ObjectName, subresource?: 'status'): void =>
    answer(verb, name.kind, name.namespace, name.name, subresource);

  const write = <T extends KubeObject>(name: ObjectName, version: string | undefined, next: (known: Stored) => Stored): WriteResult<T> => {
    const path = objectPath(name);
    const known = store.at(path);
    if (known === undefined) return { kind: 'gone' };
    if (version !== undefined && version !== known.metadata.resourceVersion) return { kind: 'conflict' };
    // What is stored under a name is what its writer put there.
    return { kind: 'written', object: plain(store.update(path, known, next(known))) as unknown as T };
  };

  const create = <T extends KubeObject>(object: T): WriteResult<T> => {
    const name = nameOf(object);
    requireName(object);
    const path = objectPath(name);
    if (name.namespace !== '' && store.at(objectPath({ kind: 'Namespace', namespace: '', name: name.namespace })) === undefined) {
      throw refused('create', name, `namespaces "${name.namespace}" not found`);
    }
    if (store.at(path) !== undefined) return { kind: 'exists' };
    return { kind: 'written', object: plain(store.insert(path, object)) as unknown as T };
  };

  for (const name of firstNamespaces) create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const object of objects) create(object);

  return {
    calls,
    fail: (error, times = 1, match = () => true) => void failing.push({ error, times, match }),
    advance: (ms) => {
      store.nowMs += ms;
    },
    held: <T extends KubeObject>(kind: KindName) => plain(store.all(kind)) as unknown as readonly T[],
    get: async <T extends KubeObject>(name: ObjectName) => {
      asked('get', name);
      const found = store.at(objectPath(name));
      return found === undefined ? undefined : (plain(found) as unknown as T);
    },
    list: async <T extends KubeObject>(kind: KindName, options: ListOptions = {}) => {
      answer('list', kind, options.namespace ?? '', '');
      const items = store.all(kind).filter((object) => selects(options, object));
      return { items: plain(items) as unknown as readonly T[], resourceVersion: store.version };
    },
    create: async (object) => {
      asked('create', nameOf(object));
      return create(object);
    },
    replace: async (object) => {
      const name = nameOf(object);
      asked('replace', name);
      const version = object.metadata.resourceVersion;
      requireIdentity(object);
      const result = write<typeof object>(name, version, (known) => withoutStatus(object as unknown as Stored, known));
      return result.kind === 'gone' && createdByUpdate.has(name.kind) ? { kind: 'conflict' } : result;
    },
    mergePatch: async (name, patch, subresource) => {
      asked('patch', name, subresource);
      const { metadata } = patch as { readonly metadata?: { readonly resourceVersion?: string } };
      if (subresource !== undefined && !withStatus.has(name.kind)) return { kind: 'gone' };
      return write(name, metadata?.resourceVersion, (known) => {
        const merged = merge(known, patch) as Stored;
        return subresource === 'status' ? { ...known, status: merged['status'] } : withoutStatus(merged, known);
      });
    },
    setConditions: async ({ namespace, name: podName, uid }, conditions) => {
      const name: ObjectName = { kind: 'Pod', namespace, name: podName };
      asked('patch', name, 'status');
      const path = objectPath(name);
      const pod = store.at(path);
      if (pod !== undefined && pod.metadata.uid !== uid) return { kind: 'conflict' };
      return write(name, undefined, (known) => ({ ...known, status: withConditions(known['status'], conditions) }));
    },
    remove: async (name, resourceVersion) => {
      asked('delete', name);
      const path = objectPath(name);
      const known = store.at(path);
      if (known === undefined) return 'gone';
      if (resourceVersion !== undefined && resourceVersion !== known.metadata.resourceVersion) return 'conflict';
      store.remove(path, known);
      return 'removed';
    },
    now: () => store.nowMs,
    close: () => undefined,
  };
}

const refused = (verb: string, name: ObjectName, detail: string): AlbeitError =>
  new AlbeitError('KUBE-REFUSED', { verb, object: nameText(name), detail });

/** Merged by type, as the schema of a Pod says: what is not named stays. */
function withConditions(status: unknown, conditions: readonly Condition[]): Content {
  const base = isContent(status) ? status : {};
  const held: readonly unknown[] = Array.isArray(base['conditions']) ? base['conditions'] : [];
  const typeOf = (one: unknown): unknown => (isContent(one) ? one['type'] : undefined);
  const changed = held.map((one) => {
    const wanted = conditions.find(({ type }) => type === typeOf(one));
    return wanted === undefined ? one : { ...(isContent(one) ? one : {}), ...wanted };
  });
  const added = conditions.filter(({ type }) => !held.some((one) => typeOf(one) === type));
  return { ...base, conditions: [...changed, ...added] };
}

function requireName(object: KubeObject): void {
  const name = nameOf(object);
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name.name)) throw refused('create', name, 'the name is no RFC 1123 subdomain');
}

/** A write to the object itself leaves the status as it was where the kind has the subresource. */
const withoutStatus = (next: Stored, known: Stored): Stored =>
  withStatus.has(nameOf(known).kind) ? { ...next, status: known['status'] } : next;

function selects(options: ListOptions, object: Stored): boolean {
  if (options.namespace !== undefined && options.namespace !== '' && object.metadata.namespace !== options.namespace) return false;
  const fields = (path: string): unknown => path.split('.').reduce<unknown>((at, part) => (isContent(at) ? at[part] : undefined), object);
  return (
    parseSelector(options.labelSelector).every(([name, value]) => object.metadata.labels?.[name] === value) &&
    parseSelector(options.fieldSelector).every(([path, value]) => (fields(path) ?? '') === value)
  );
}
