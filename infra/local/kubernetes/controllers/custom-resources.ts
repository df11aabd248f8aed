/** When a definition goes, what it defined goes with it: nobody could reach it any more. */
import type { Api } from '../api.ts';
import { textAt } from '../json.ts';
import { builtInKind } from '../resources.ts';
import type { Change } from '../store.ts';
import type { Controller } from './work.ts';

const definitions = builtInKind('CustomResourceDefinition');

export class CustomResources implements Controller {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Keys are storage keys of resources without a definition. */
  due(change: Change): readonly string[] {
    if (change.resource !== definitions.key || change.type !== 'DELETED') return [];
    return [`${textAt(change.object, 'spec', 'group')}/${textAt(change.object, 'spec', 'names', 'plural')}`];
  }

  settle(key: string): void {
    if (this.#api.catalog.all.some((resource) => resource.key === key)) return;
    for (const object of this.#api.store.list(key)) this.#api.store.remove(key, object);
  }
}
