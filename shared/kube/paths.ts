/** Where the API server keeps each kind: derived from the table of kinds. */
import { type KindName, type KubeObject, kinds, type ListOptions, type ObjectName } from './port.ts';

/** `/api/v1/…` for the core group, `/apis/group/version/…` for the others. */
const groupPath = (apiVersion: string): string => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

/** Path of all objects of a kind, in one namespace or (empty) in all. */
export function collectionPath(kind: KindName, namespace: string): string {
  const row = kinds[kind];
  const scope = row.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${groupPath(row.apiVersion)}${scope}/${row.plural}`;
}

/** Path of one object, or of its subresource. A namespaced kind without a namespace is a bug of the caller. */
export function objectPath(name: ObjectName, subresource?: 'status'): string {
  if (kinds[name.kind].namespaced !== (name.namespace !== '')) {
    throw new Error(`${name.kind} ${name.name}: ${kinds[name.kind].namespaced ? 'a namespace is missing' : 'it has no namespace'}`);
  }
  const path = `${collectionPath(name.kind, name.namespace)}/${encodeURIComponent(name.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Query of a list or watch. */
export function listQuery(options: ListOptions, more: Readonly<Record<string, string | undefined>>): string {
  const all = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, ...more };
  const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  return new URLSearchParams(given).toString();
}

/** The name of an object as stored. Throws for a kind that is not in the table. */
export function nameOf(object: KubeObject): ObjectName {
  const kind = Object.keys(kinds).find((one): one is KindName => one === object.kind);
  if (kind === undefined) throw new Error(`no row for kind ${object.kind}`);
  return { kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/** `Ingress shop/cafe`: how errors name an object. */
export const nameText = (name: ObjectName): string =>
  name.namespace === '' ? `${name.kind} ${name.name}` : `${name.kind} ${name.namespace}/${name.name}`;

/** An object that is to be replaced must say which one it is and which version of it was read; see `Kube.replace`. */
export function requireIdentity(object: KubeObject): void {
  const missing = (['resourceVersion', 'uid'] as const).filter((one) => object.metadata[one] === undefined);
  if (missing.length > 0) throw new Error(`replace ${nameText(nameOf(object))}: ${missing.join(' and ')} missing`);
}
