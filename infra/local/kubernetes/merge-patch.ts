/** JSON merge patch (RFC 7396). */
import { isMap, type Json } from './json.ts';

/** The value with the patch applied. Neither is changed. */
export function mergePatch(original: Json | undefined, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const result = isMap(original) ? { ...original } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
