/** Gives each namespace its default service account, and empties and removes those that are being deleted. */
import type { Api } from '../api.ts';
import { type JsonMap, mapAt, textAt } from '../json.ts';
import { remove } from '../remove.ts';
import { targetOf } from '../resource-requests.ts';
import { builtInKind } from '../resources.ts';
import type { Change } from '../store.ts';
import { create, update } from '../write.ts';
import type { Controller } from './work.ts';

const namespaces = builtInKind('Namespace');
const accounts = builtInKind('ServiceAccount');

export class Namespaces implements Controller {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  due(change: Change): readonly string[] {
    if (change.resource === namespaces.key) return [textAt(change.object, 'metadata', 'name')];
    const namespace = textAt(change.object, 'metadata', 'namespace');
    return change.type === 'DELETED' && namespace !== '' ? [namespace] : [];
  }

  settle(name: string): void {
    const namespace = this.#api.store.get(namespaces.key, '', name);
    if (namespace === undefined) return;
    if (textAt(namespace, 'metadata', 'deletionTimestamp') !== '') this.#empty(name);
    else if (this.#api.store.get(accounts.key, name, 'default') === undefined) {
      create(this.#api, accounts, name, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
    }
  }

  #empty(name: string): void {
    const left = () =>
      this.#api.catalog.all
        .filter((one) => one.namespaced)
        .flatMap((resource) => this.#api.store.list(resource.key, name).map((object) => ({ resource, object })));
    for (const { resource, object } of left()) {
      if (textAt(object, 'metadata', 'deletionTimestamp') === '')
        remove(this.#api, targetOf(resource, object), { propagation: 'Background' });
    }
    if (left().length > 0) return;
    const emptied = (old: JsonMap): JsonMap => ({ ...old, spec: { ...mapAt(old, 'spec'), finalizers: [] } });
    update(this.#api, { resource: namespaces, namespace: '', name }, emptied, 'finalize');
  }
}
