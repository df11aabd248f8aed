/**
 * Shapes taken from the request models of the service's own SDK, so that a name we have misread stays an error here as it is in the
 * cloud. A model class says its wire names in `names()` and its types in `types()`.
 */
import type { ObjectShape, Shape } from './shape.ts';

/** What a model class of the SDK tells about itself. */
export interface SdkModel {
  names(): Readonly<Record<string, string>>;
  types(): Readonly<Record<string, unknown>>;
}

export const isSdkModel = (value: unknown): value is SdkModel => typeof value === 'function' && 'names' in value && 'types' in value;

function shapeOf(type: unknown, where: string): Shape {
  if (type === 'string' || type === 'number' || type === 'boolean') return type;
  if (isSdkModel(type)) return shapeOfModel(type, where);
  if (typeof type === 'object' && type !== null && 'itemType' in type) return { list: shapeOf(type.itemType, where) };
  throw new Error(`the SDK gives ${where} a type that the emulator does not know: ${JSON.stringify(type)}`);
}

/** The shape of a request model. Throws for a type that the wire format has no reading for. */
export function shapeOfModel(model: SdkModel, where: string): ObjectShape {
  const types = model.types();
  const members = Object.entries(model.names()).map(([property, name]) => [name, shapeOf(types[property], `${where}.${name}`)]);
  return { members: Object.fromEntries(members) };
}
