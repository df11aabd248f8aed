/** Everything a run works with besides its message: made once an invocation, handed down as one object. */
import type { Message } from '#events/contract/messages.ts';
import type { Kube } from '#shared/kube/port.ts';
import type { Site } from '#shared/model/wish.ts';
import type { Outcome } from './outcome.ts';
import type { Records } from './records.ts';
import type { Cloud } from './scene.ts';

/** One JSON object a line; the text is constant, what varies are fields. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, text: string): void;
  warn(fields: Readonly<Record<string, unknown>>, text: string): void;
}

export interface Workshop {
  readonly site: Site;
  readonly kube: Kube;
  readonly records: Records;
  readonly cloud: Cloud;
  /** Who holds the claims of this invocation. */
  readonly holder: string;
  readonly claimSeconds: number;
  /** A cloud call is given up after this long. */
  readonly callMs: number;
  /** Lets `ms` milliseconds pass. Only the member lane may, for a job that is nearly done. */
  pause(ms: number): Promise<void>;
  /** Whether this invocation still has `ms` milliseconds before the platform ends it. */
  hasTime(ms: number): boolean;
  random(): number;
  readonly log: Log;
}

export interface Send {
  readonly message: Message;
  readonly delaySeconds: number;
}

/** How one message ended: what it came to, and what is to be sent because of it. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly sends: readonly Send[];
  /** For the one log line at the end. */
  readonly facts?: Readonly<Record<string, unknown>>;
}
