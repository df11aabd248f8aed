/** One execution of a function: what goes in and what comes out. */

export interface Invocation {
  readonly requestId: string;
  readonly event: Buffer;
  /** Which execution of this request it is; 1 for the first. */
  readonly attempt: number;
  readonly kind: 'Sync' | 'Async' | 'Trigger';
  /** A fault that was asked for: the instance is killed this long after the handler was called. */
  readonly crashAfterMs?: number;
}

/** How it ended, in the words of the service: a failing function is an outcome, not an error. */
export interface Outcome {
  readonly errorType: '' | 'HandledInvocationError' | 'UnhandledInvocationError';
  readonly body: Buffer;
  readonly durationMs: number;
  readonly cold: boolean;
  readonly instanceId: string;
  /** The last 4 KB of what it printed. */
  readonly logTail: string;
}

/** The function was not run: over a limit of concurrency, or a fault that was asked for. */
export class NotRun extends Error {
  override readonly name = 'NotRun';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
