/** Tables: what `kubectl get` prints. Columns of built-in kinds are in `columns.ts`, those of custom kinds in their definition. */
import { isCustom, type Served } from './catalog.ts';
import { age, type Column, columns } from './columns.ts';
import { type Json, type JsonMap, mapAt, textAt } from './json.ts';
import { jsonPath } from './json-path.ts';

/** What a table needs to know of a request. */
export interface TableOptions {
  /** What its rows carry: `Metadata` (default), `Object` or `None`. */
  readonly includeObject: string;
  /** For ages; ms since 1970. */
  readonly now: number;
}

const named: Column = { name: 'Name', type: 'string', format: 'name', priority: 0, cell: (object) => textAt(object, 'metadata', 'name') };
const created: Column = {
  name: 'Age',
  type: 'string',
  format: '',
  priority: 0,
  cell: (object, now) => age(textAt(object, 'metadata', 'creationTimestamp'), now),
};
const createdAt: Column = {
  ...created,
  name: 'Created At',
  type: 'date',
  cell: (object) => textAt(object, 'metadata', 'creationTimestamp'),
};

function customCell(path: string, type: string): Column['cell'] {
  return (object, now) => {
    const value = jsonPath(object, path);
    if (value === undefined || value === null) return null;
    if (type === 'date') return typeof value === 'string' ? age(value, now) : null;
    return type === 'string' && typeof value !== 'string' ? JSON.stringify(value) : value;
  };
}

/** The columns of a resource, the name first. */
function columnsOf(resource: Served): readonly Column[] {
  if (!isCustom(resource)) return columns[resource.kind] ?? [named, createdAt];
  if (resource.custom.columns.length === 0) return [named, created];
  return [named, ...resource.custom.columns.map((column) => ({ ...column, cell: customCell(column.jsonPath, column.type) }))];
}

/** A table of objects. */
export function tableOf(
  objects: readonly JsonMap[],
  resource: Served,
  metadata: JsonMap,
  how: TableOptions,
  withColumns: boolean,
): JsonMap {
  const shown = columnsOf(resource);
  const definitions: Json[] = shown.map(({ name, type, format, priority }) => ({ name, type, format, description: '', priority }));
  const rows: Json[] = objects.map((object) => ({ cells: shown.map((column) => column.cell(object, how.now)), ...attached(object, how) }));
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions: withColumns ? definitions : [], rows };
}

function attached(object: JsonMap, how: TableOptions): JsonMap {
  if (how.includeObject === 'None') return {};
  if (how.includeObject === 'Object') return { object };
  return { object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: mapAt(object, 'metadata') } };
}
