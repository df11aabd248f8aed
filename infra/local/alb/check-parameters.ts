/** Goes through the rows of an action and refuses the first parameter that does not fit. */
import { ServiceError } from '../openapi/service-error.ts';
import type { Parameters, Value } from '../openapi/shape.ts';
import { type ParameterRow, parameterRows } from './parameter-rows.ts';

interface Place {
  readonly where: string;
  readonly value: Value | undefined;
}

const isObject = (value: Value | undefined): value is Parameters => typeof value === 'object' && !Array.isArray(value);

/** One step of a path: into a member, and with `[]` into every element of it. Absent parents lead nowhere. */
function step(places: readonly Place[], name: string): readonly Place[] {
  const isList = name.endsWith('[]');
  const member = isList ? name.slice(0, -2) : name;
  return places.flatMap(({ where, value }) => {
    if (!isObject(value)) return [];
    const found = value[member];
    const at = where === '' ? member : `${where}.${member}`;
    if (!isList) return [{ where: at, value: found }];
    // Indices on the wire count from 1.
    return Array.isArray(found) ? found.map((one: Value, index) => ({ where: `${at}.${index + 1}`, value: one })) : [];
  });
}

const placesOf = (parameters: Parameters, path: string): readonly Place[] =>
  path.split('.').reduce<readonly Place[]>(step, [{ where: '', value: parameters }]);

const isMissing = (value: Value | undefined): boolean => value === undefined || value === '';

function check(row: ParameterRow, { where, value }: Place): void {
  const name = row.parameter.split('.').at(-1)?.replace('[]', '') ?? row.parameter;
  if (row.must === 'required') {
    if (isMissing(value)) throw new ServiceError(`MissingParam.${name}`, `Parameter ${where} is required.`);
    return;
  }
  if (value !== undefined && !row.must.holds(value))
    throw new ServiceError(`IllegalParam.${name}`, `Parameter ${where} must ${row.must.says}.`);
}

const rowsByAction = new Map<string, readonly ParameterRow[]>();

const rowsOf = (action: string): readonly ParameterRow[] => {
  const known = rowsByAction.get(action) ?? parameterRows.filter((row) => row.actions.includes(action));
  rowsByAction.set(action, known);
  return known;
};

/** Refuses the call if a parameter is missing or out of bounds. */
export function checkParameters(action: string, parameters: Parameters): void {
  for (const row of rowsOf(action)) for (const place of placesOf(parameters, row.parameter)) check(row, place);
}
