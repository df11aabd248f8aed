/** The resources served right now: the built-in ones and what the CustomResourceDefinitions add. */
import { type Json, type JsonMap, listAt, mapAt, textAt } from './json.ts';
import { builtIn, builtInKind, type Resource } from './resources.ts';
import type { Schema } from './schema.ts';
import type { Store } from './store.ts';

/** A printer column of a custom resource. */
interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly priority: number;
  readonly format: string;
  readonly description: string;
}

/** A resource that a definition adds, with its structural schema. */
export interface CustomResource extends Resource {
  readonly custom: { readonly definition: string; readonly schema: Schema; readonly columns: readonly PrinterColumn[] };
}

export type Served = Resource | CustomResource;

export const isCustom = (resource: Served): resource is CustomResource => 'custom' in resource;

const definitions = builtInKind('CustomResourceDefinition');
const words = (list: readonly Json[]): string[] => list.filter((item) => typeof item === 'string');

function columnsOf(version: JsonMap): readonly PrinterColumn[] {
  return listAt(version, 'additionalPrinterColumns').map((column) => ({
    name: textAt(column, 'name'),
    type: textAt(column, 'type'),
    jsonPath: textAt(column, 'jsonPath'),
    priority: Number(mapAt(column)['priority'] ?? 0),
    format: textAt(column, 'format'),
    description: textAt(column, 'description'),
  }));
}

function customResource(definition: JsonMap, version: JsonMap): CustomResource {
  const names = mapAt(definition, 'spec', 'names');
  const [group, kind, name] = [textAt(definition, 'spec', 'group'), textAt(names, 'kind'), textAt(version, 'name')];
  return {
    group,
    version: name,
    plural: textAt(names, 'plural'),
    singular: textAt(names, 'singular') || kind.toLowerCase(),
    kind,
    namespaced: textAt(definition, 'spec', 'scope') === 'Namespaced',
    shortNames: words(listAt(names, 'shortNames')),
    categories: words(listAt(names, 'categories')),
    subresources: mapAt(version, 'subresources')['status'] === undefined ? [] : ['status'],
    schema: `${group.split('.').reverse().join('.')}.${name}.${kind}`,
    generation: true,
    key: `${group}/${textAt(names, 'plural')}`,
    selectable: listAt(version, 'selectableFields').map((field) => textAt(field, 'jsonPath').replace(/^\./, '')),
    custom: {
      definition: textAt(definition, 'metadata', 'name'),
      // Checked to be a structural schema when the definition was accepted.
      schema: mapAt(version, 'schema', 'openAPIV3Schema') as Schema,
      columns: columnsOf(version),
    },
  };
}

/** Reads the definitions from the store, again whenever one of them changed. */
export class Catalog {
  readonly #store: Store;
  #custom: readonly CustomResource[] = [];

  constructor(store: Store) {
    this.#store = store;
    store.subscribe((change) => {
      if (change.resource === definitions.key) this.#read();
    });
  }

  get all(): readonly Served[] {
    return [...builtIn, ...this.#custom];
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.all.find((one) => one.group === group && one.version === version && one.plural === plural);
  }

  /** By apiVersion and kind, as an owner reference names it. */
  findKind(apiVersion: string, kind: string): Served | undefined {
    return this.all.find((one) => one.kind === kind && (one.group === '' ? one.version : `${one.group}/${one.version}`) === apiVersion);
  }

  #read(): void {
    this.#custom = this.#store.list(definitions.key).flatMap((definition) =>
      listAt(definition, 'spec', 'versions')
        .filter((version) => mapAt(version)['served'] === true)
        .map((version) => customResource(definition, mapAt(version))),
    );
  }
}
