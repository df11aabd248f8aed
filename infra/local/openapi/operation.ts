/** One action of a service as the emulator serves it. */
import type { ObjectShape, Parameters } from './shape.ts';

export type Answer = Readonly<Record<string, unknown>>;

/** What an operation may know about the call beyond its parameters. */
export interface Call {
  readonly action: string;
  readonly requestId: string;
  /** A fault asked for the work behind this call to fail; the code its job is to report. */
  readonly failJobWith: string | undefined;
}

export interface Operation {
  readonly action: string;
  /** API version, which also tells products apart: `2020-06-16`. */
  readonly version: string;
  readonly write: boolean;
  readonly shape: ObjectShape;
  /** Checks everything and changes nothing; refuses with a ServiceError. What it returns does the work and answers. */
  prepare(parameters: Parameters, call: Call): () => Answer;
}
