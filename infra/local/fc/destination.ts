/** What the failure destination of an asynchronous request gets to know (Function Compute reference, 9). */
import type { LocalCredentials } from '../service.ts';
import type { AsyncRequest } from './async-state.ts';

export interface Failure {
  /** Error code of the outcome, such as `UnhandledInvocationError` or `AsyncEventExpired`. */
  readonly condition: string;
  /** 200 unless the system failed. */
  readonly statusCode: number;
  /** Empty when the function did not run. */
  readonly functionError: string;
  readonly responsePayload: string;
}

/** The document as it is sent, base64 aside. */
export function failureDocument(request: AsyncRequest, failure: Failure, credentials: LocalCredentials, now: number): string {
  return JSON.stringify({
    timestamp: now,
    requestContext: {
      requestId: request.id,
      functionArn: `acs:fc:${credentials.region}:${credentials.accountId}:functions/${request.function}`,
      condition: failure.condition,
      approximateInvokeCount: request.executions,
    },
    requestPayload: Buffer.from(request.payload, 'base64').toString('utf8'),
    responseContext: { statusCode: failure.statusCode, functionError: failure.functionError },
    responsePayload: failure.responsePayload,
  });
}
