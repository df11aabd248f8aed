/** How the nouns say what they serve: the action, whether it writes, and what it does. */
import type { Answer, Operation } from '../openapi/operation.ts';
import type { ObjectShape, Parameters } from '../openapi/shape.ts';
import { checkParameters } from './check-parameters.ts';
import type { Acting, Cloud } from './cloud.ts';
import { albShape, versions } from './shapes.ts';

/** An operation that still needs its cloud. */
export type Serve = (cloud: Cloud) => Operation;

interface Definition<P> {
  readonly action: string;
  readonly version: string;
  readonly write: boolean;
  readonly shape: ObjectShape;
  readonly prepare: (parameters: P, acting: Acting) => () => Answer;
}

function serve<P>({ prepare, ...facts }: Definition<P>): Serve {
  return (cloud) => ({
    ...facts,
    prepare: (parameters: Parameters, call) => {
      checkParameters(facts.action, parameters);
      // The bag was read by the action's shape, and the rows of parameter-rows.ts have seen that what is required is there.
      return prepare(parameters as P, { ...call, cloud });
    },
  });
}

/** A read of ALB. */
export const read = <P>(action: string, answer: (parameters: P, acting: Acting) => Answer): Serve =>
  serve<P>({
    action,
    version: versions.alb,
    write: false,
    shape: albShape(action),
    prepare: (parameters, acting) => () => answer(parameters, acting),
  });

/** A write of ALB: checked first, then done by what `prepare` returns. */
export const write = <P>(action: string, prepare: (parameters: P, acting: Acting) => () => Answer): Serve =>
  serve<P>({ action, version: versions.alb, write: true, shape: albShape(action), prepare });

/** A read of a neighbouring product. */
export const readOf = <P>(
  facts: { readonly action: string; readonly version: string; readonly shape: ObjectShape },
  answer: (parameters: P, acting: Acting) => Answer,
): Serve => serve<P>({ ...facts, write: false, prepare: (parameters, acting) => () => answer(parameters, acting) });
