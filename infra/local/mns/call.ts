/** One request as the operations see it, and what they answer. */
import type { Broker } from './broker.ts';
import type { Polls } from './polls.ts';

export interface Call {
  readonly broker: Broker;
  readonly polls: Polls;
  /** Names from the path. */
  readonly path: Readonly<Record<string, string>>;
  /** Query by lower-case name, values exactly as sent: a receipt handle is not to be decoded. */
  readonly query: Readonly<Record<string, string>>;
  readonly header: (name: string) => string;
  readonly body: string;
  /** Base URL as the client wrote it, for `Location` and the lists. */
  readonly base: string;
  /** Fires when the client has gone. */
  readonly gone: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** A whole document; empty for an answer without a body. */
  readonly xml: string;
  readonly location?: string;
  /** The code of a batch that failed in part, for the journal. */
  readonly code?: string;
}

export const noContent: Answer = { status: 204, xml: '' };
