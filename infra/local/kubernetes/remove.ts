/** Deleting: preconditions, finalizers, grace and what happens to dependents. */
import type { Api } from './api.ts';
import { ApiError, conflict, notFound } from './api-error.ts';
import { copy, type JsonMap, listAt, mapAt, textAt } from './json.ts';
import { timestamp } from './metadata.ts';
import { isGone, type Target } from './write.ts';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export interface RemoveOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly graceSeconds?: number;
  readonly propagation?: Propagation;
  readonly dryRun?: boolean;
}

/** Finalizers by which the garbage collector is asked. */
export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

const asked: Readonly<Record<Propagation, readonly string[]>> = { Background: [], Foreground: [FOREGROUND], Orphan: [ORPHAN] };

/** What is left of it: gone for good, or marked and waiting. */
export interface Removal {
  readonly object: JsonMap;
  readonly gone: boolean;
}

/** Deletes an object or marks it as being deleted. */
export function remove(api: Api, target: Target, options: RemoveOptions = {}): Removal {
  const { resource, namespace, name } = target;
  const old = api.store.get(resource.key, namespace, name);
  if (old === undefined) throw notFound(resource, name);
  checkPreconditions(old, target, options);
  refuseSystemNamespace(target);
  const object = copy(old);
  const metadata = mapAt(object, 'metadata');
  setFinalizers(metadata, options.propagation);
  const grace = graceOf(object, target, options);
  const marked = textAt(metadata, 'deletionTimestamp') !== '';
  if (!marked || grace < Number(metadata['deletionGracePeriodSeconds'] ?? 0)) {
    metadata['deletionTimestamp'] = timestamp(api.now() + grace * 1000);
    metadata['deletionGracePeriodSeconds'] = grace;
    if (!marked && resource.generation) metadata['generation'] = Number(metadata['generation'] ?? 0) + 1;
  }
  if (resource.kind === 'Namespace') object['status'] = { ...mapAt(object, 'status'), phase: 'Terminating' };
  const gone = isGone(object);
  if (options.dryRun === true) return { object, gone };
  // An object that goes at once is never seen marked: its last state is what was stored.
  if (gone) return { object: api.store.remove(resource.key, marked ? object : copy(old)), gone };
  return { object: JSON.stringify(object) === JSON.stringify(old) ? old : api.store.put(resource.key, object), gone };
}

function checkPreconditions(old: JsonMap, { resource, name }: Target, options: RemoveOptions): void {
  const about = { group: resource.group, plural: resource.kind, kind: resource.kind };
  const uid = textAt(old, 'metadata', 'uid');
  const version = textAt(old, 'metadata', 'resourceVersion');
  if (options.uid !== undefined && options.uid !== uid) {
    throw conflict(
      about,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== version) {
    throw conflict(
      about,
      name,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`,
    );
  }
}

const SYSTEM = ['default', 'kube-system', 'kube-public'];

function refuseSystemNamespace({ resource, name }: Target): void {
  if (resource.kind === 'Namespace' && SYSTEM.includes(name)) {
    throw new ApiError(403, 'Forbidden', `namespaces "${name}" is forbidden: this namespace may not be deleted`, {
      name,
      kind: 'namespaces',
    });
  }
}

function setFinalizers(metadata: JsonMap, propagation: Propagation | undefined): void {
  if (propagation === undefined) return;
  const others = listAt(metadata, 'finalizers').filter((one) => one !== FOREGROUND && one !== ORPHAN);
  const finalizers = [...others, ...asked[propagation]];
  if (finalizers.length === 0) delete metadata['finalizers'];
  else metadata['finalizers'] = finalizers;
}

/** Only a Pod that a node runs gets time to end. */
function graceOf(object: JsonMap, { resource }: Target, options: RemoveOptions): number {
  if (resource.kind !== 'Pod' || resource.group !== '') return 0;
  const ended = ['Succeeded', 'Failed'].includes(textAt(object, 'status', 'phase'));
  if (textAt(object, 'spec', 'nodeName') === '' || ended) return 0;
  return Math.max(0, options.graceSeconds ?? Number(mapAt(object, 'spec')['terminationGracePeriodSeconds'] ?? 30));
}
