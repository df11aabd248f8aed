/** Flow control: a token bucket an action, as published for the write actions of ALB (200 calls per 60 s). Off without a rate. */
import { ServiceError } from './service-error.ts';

export interface Rate {
  readonly calls: number;
  readonly perMs: number;
}

/** Counts a call against its action's bucket and throws the throttling error when it is empty. `now` is in Unix milliseconds. */
export function createWriteRate(now: () => number): (action: string, rate: Rate, throttle: { code: string; status: number }) => void {
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>();
  return (action, rate, throttle) => {
    const bucket = buckets.get(action) ?? { tokens: rate.calls, at: now() };
    const perToken = rate.perMs / rate.calls;
    const tokens = Math.min(rate.calls, bucket.tokens + (now() - bucket.at) / perToken);
    buckets.set(action, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now() });
    if (tokens >= 1) return;
    const retryAfterMs = Math.ceil((1 - tokens) * perToken);
    throw new ServiceError(throttle.code, `${action} was called more than ${rate.calls} times in ${rate.perMs} ms.`, {
      status: throttle.status,
      retryAfterMs,
    });
  };
}
