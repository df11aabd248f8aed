/** The simple JSON paths of printer columns: `.spec.name`, `.status.conditions[?(@.type=="Ready")].status`, `.spec.list[0]`, `.metadata.annotations.a\.b`. */
import { isMap, type Json } from './json.ts';

const STEP = /^(?:\.((?:\\.|[^.[\\])+)|\[(\d+|\*)\]|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]|\['([^']+)'\])/;

/** The first value at the path; undefined when there is none or the path is of another form. */
export function jsonPath(from: Json, path: string): Json | undefined {
  let at: readonly Json[] = [from];
  let rest = path;
  while (rest !== '' && at.length > 0) {
    const step = STEP.exec(rest);
    if (step === null) return undefined;
    rest = rest.slice(step[0].length);
    at = at.flatMap((value) => follow(value, step));
  }
  return at[0];
}

function follow(value: Json, step: RegExpExecArray): readonly Json[] {
  const [, key, index, field, wanted, quoted] = step;
  const name = key?.replace(/\\(.)/g, '$1') ?? quoted;
  if (name !== undefined) {
    const found = isMap(value) ? value[name] : undefined;
    return found === undefined ? [] : [found];
  }
  if (!Array.isArray(value)) return [];
  if (index === '*') return value;
  if (index !== undefined) return value.slice(Number(index), Number(index) + 1);
  return value.filter((item: Json) => String(jsonPath(item, `.${field}`)) === wanted);
}
