/**
 * What every emulator of the local cloud is to the program that starts it, and the stable doors that each has on its own port:
 * `GET /_/journal?after=SEQ`, `GET /_/state`, `PUT /_/faults`, `PUT /_/settings`.
 */

/** A running emulator. `stop` closes its port and ends its timers; it may be called twice. */
export interface LocalService {
  /** Base URL, such as `http://127.0.0.1:9001`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The one key pair of the local cloud: every emulator verifies signatures against it. */
export interface LocalCredentials {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly region: string;
  /** The pair that functions run with. Every emulator accepts it too, but only together with its token. */
  readonly sts?: LocalSts | undefined;
}

/** Credentials of a role: the id starts with `STS.`, and a request without the token is refused. */
export interface LocalSts {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** One line of `GET /_/journal`. `params` has secrets masked. */
export interface JournalEntry {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly action: string;
  readonly params: unknown;
  /** HTTP status answered. */
  readonly status: number;
  /** The service's error code; empty on success. */
  readonly code: string;
  readonly requestId: string;
  readonly write: boolean;
}

/** One element of `PUT /_/faults`. */
export interface FaultRule {
  readonly match: { readonly action?: string; readonly params?: Readonly<Record<string, string>> };
  /** How often it fires; absent = until replaced. */
  readonly times?: number;
  readonly kind: 'latency' | 'throttle' | 'error' | 'lost-answer' | 'failed-job' | 'reset' | 'html';
  readonly latencyMs?: number;
  /** For `error` and `failed-job`. */
  readonly code?: string;
  readonly status?: number;
}
