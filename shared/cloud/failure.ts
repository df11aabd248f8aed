/**
 * How every cloud adapter reports what went wrong: a class that the runtime acts on, never a raw SDK error. Adapters neither retry nor sleep.
 */
import { AlbeitError, type ErrorCode } from '../errors.ts';

/** See the table of common codes in the ALB reference (7.1). `transport`: no usable answer, so the call may or may not have happened. */
export const failureClasses = ['throttled', 'busy', 'conflict', 'quota', 'invalid', 'not-found', 'forbidden', 'transport'] as const;
export type FailureClass = (typeof failureClasses)[number];

const codeOf: Readonly<Record<FailureClass, ErrorCode>> = {
  throttled: 'CLOUD-THROTTLED',
  busy: 'CLOUD-BUSY',
  conflict: 'CLOUD-CONFLICT',
  quota: 'CLOUD-QUOTA',
  invalid: 'CLOUD-INVALID',
  'not-found': 'CLOUD-NOT-FOUND',
  forbidden: 'CLOUD-FORBIDDEN',
  transport: 'CLOUD-TRANSPORT',
};

export interface FailureFacts {
  /** The API action, such as `CreateRules`. */
  readonly action: string;
  /** The service's own code, such as `IncorrectStatus.Listener`; empty when there was none. */
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  /** What the service asked us to wait, in ms, when it did. */
  readonly retryAfterMs?: number;
}

export class CloudFailure extends AlbeitError {
  readonly failure: FailureClass;
  readonly retryAfterMs: number | undefined;

  constructor(failure: FailureClass, facts: FailureFacts, options?: ErrorOptions) {
    super(codeOf[failure], { action: facts.action, code: facts.code, detail: facts.detail, requestId: facts.requestId }, options);
    this.failure = failure;
    this.retryAfterMs = facts.retryAfterMs;
  }
}
