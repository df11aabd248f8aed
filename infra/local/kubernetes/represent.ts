/** The forms in which a client may want objects: whole, as metadata only, or as rows of a table. */
import { isCustom, type Served } from './catalog.ts';
import { type JsonMap, mapAt } from './json.ts';
import type { Page } from './list.ts';
import { withoutKind } from './list.ts';
import { apiVersionOf } from './resources.ts';
import { type TableOptions, tableOf } from './tables.ts';

export type Form = 'whole' | 'metadata' | 'table';

const META = 'meta.k8s.io/v1';

/** The first form of the Accept header that is served; parameters as in `application/json;as=Table;v=v1;g=meta.k8s.io`. */
export function formOf(accept: string | undefined): Form {
  for (const option of (accept ?? '').split(',')) {
    const parameters = option.split(';').map((part) => part.trim());
    const as = parameters.find((part) => part.startsWith('as='))?.slice(3);
    if (parameters.some((part) => part === 'v=v1beta1')) continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
    if (parameters[0] === 'application/json' && as === undefined) return 'whole';
  }
  return 'whole';
}

const partial = (object: JsonMap): JsonMap => ({ kind: 'PartialObjectMetadata', apiVersion: META, metadata: mapAt(object, 'metadata') });

export interface Representation extends TableOptions {
  readonly form: Form;
}

/** One object in the wanted form. `withColumns` is false for the later rows of a watch. */
export function represent(object: JsonMap, resource: Served, how: Representation, withColumns = true): JsonMap {
  if (how.form === 'whole') return object;
  if (how.form === 'metadata') return partial(object);
  const version = mapAt(object, 'metadata')['resourceVersion'];
  return tableOf([object], resource, { resourceVersion: version ?? '' }, how, withColumns);
}

/** One page of a list in the wanted form. */
export function representList(page: Page, resource: Served, how: Representation): JsonMap {
  if (how.form === 'table') return tableOf(page.items, resource, page.metadata, how, true);
  if (how.form === 'metadata')
    return { kind: 'PartialObjectMetadataList', apiVersion: META, metadata: page.metadata, items: page.items.map(partial) };
  const items = isCustom(resource) ? page.items : page.items.map(withoutKind);
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata: page.metadata, items: [...items] };
}
