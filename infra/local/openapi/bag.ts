/**
 * The parameters of a call as a tree. On the wire lists are flattened with indices from 1 and objects with dots:
 * `Rules.1.RuleConditions.3.QueryStringConfig.Values.1.Key=k`.
 */
import { ServiceError } from './service-error.ts';

export type Branch = ReadonlyMap<string, Tree>;
export type Tree = string | Branch;
type GrowingBranch = Map<string, string | GrowingBranch>;

const clash = (name: string): ServiceError =>
  new ServiceError('InvalidParameter', `Parameter ${name} is given more than once, or both as a value and as an object.`);

/** Grows the tree; a name that is given twice, or as a value and as an object, is refused. */
export function growBag(parameters: readonly (readonly [string, string])[]): Branch {
  const root: GrowingBranch = new Map();
  for (const [name, value] of parameters) {
    const steps = name.split('.');
    const leaf = steps.pop() ?? name;
    let branch = root;
    for (const step of steps) {
      const next = branch.get(step) ?? new Map();
      if (typeof next === 'string') throw clash(name);
      branch.set(step, next);
      branch = next;
    }
    if (branch.has(leaf)) throw clash(name);
    branch.set(leaf, value);
  }
  return root;
}
