/** A refusal as the service words it: clients match on `code` alone, the message is for people. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** Sent as `x-acs-retry-after`, in milliseconds, with throttling errors. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, facts: { readonly status?: number; readonly retryAfterMs?: number } = {}) {
    super(message);
    this.code = code;
    this.status = facts.status ?? 400;
    this.retryAfterMs = facts.retryAfterMs;
  }
}
