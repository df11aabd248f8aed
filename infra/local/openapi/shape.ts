/**
 * What an action's parameters look like, and the strict reading of a bag against it. Nothing is guessed: a name the shape does not
 * know and a text that is not of its type are refused.
 */
import type { Branch, Tree } from './bag.ts';
import { ServiceError } from './service-error.ts';

type Scalar = 'string' | 'number' | 'boolean';
interface ListShape {
  readonly list: Shape;
}
export interface ObjectShape {
  readonly members: Readonly<Record<string, Shape>>;
}
export type Shape = Scalar | ListShape | ObjectShape;

/** A parameter after reading. Absent members are left out; an empty list cannot be sent at all. */
export type Value = string | number | boolean | readonly Value[] | { readonly [name: string]: Value };
export type Parameters = Readonly<Record<string, Value>>;

const illegal = (path: string, wanted: string): ServiceError =>
  new ServiceError(
    `IllegalParam.${path.split('.').findLast((step) => !/^\d+$/.test(step)) ?? path}`,
    `Parameter ${path} must be ${wanted}.`,
  );

const scalars: Readonly<Record<Scalar, (text: string) => string | number | boolean | undefined>> = {
  string: (text) => text,
  number: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined),
  boolean: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
};

function readScalar(type: Scalar, tree: Tree, path: string): Value {
  const value = typeof tree === 'string' ? scalars[type](tree) : undefined;
  if (value === undefined) throw illegal(path, `one ${type}`);
  return value;
}

/** Indices count from 1 and may have gaps: the SDK leaves out an index whose element was null. */
function readList(shape: ListShape, branch: Branch, path: string): Value {
  const indices = [...branch.keys()];
  if (!indices.every((index) => /^[1-9]\d{0,5}$/.test(index))) throw illegal(path, 'a list with indices from 1');
  return indices
    .map(Number)
    .sort((a, b) => a - b)
    .map((index) => readShape(shape.list, branch.get(String(index)) ?? '', `${path}.${index}`));
}

function readObject(shape: ObjectShape, branch: Branch, path: string): Parameters {
  const prefix = path === '' ? '' : `${path}.`;
  return Object.fromEntries(
    [...branch].map(([name, tree]) => {
      const member = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
      if (member === undefined) {
        throw new ServiceError(
          'InvalidParameter',
          `There is no parameter ${prefix}${name}; known are ${Object.keys(shape.members).join(', ')}.`,
        );
      }
      return [name, readShape(member, tree, `${prefix}${name}`)];
    }),
  );
}

function readShape(shape: Shape, tree: Tree, path: string): Value {
  if (typeof shape === 'string') return readScalar(shape, tree, path);
  if (typeof tree === 'string') throw illegal(path, 'list' in shape ? 'a list' : 'an object');
  return 'list' in shape ? readList(shape, tree, path) : readObject(shape, tree, path);
}

/** The parameters of a call, typed by the shape of its action. */
export const readParameters = (shape: ObjectShape, bag: Branch): Parameters => readObject(shape, bag, '');
