/** What the queue service's errors mean to the runtime (MNS reference, sections 5, 6 and 8). */
import { CloudFailure, type FailureClass } from '../failure.ts';

const classes: Readonly<Record<string, FailureClass>> = {
  QpsLimitExceeded: 'throttled',
  QueueDeletedRecently: 'busy',
  QueueAlreadyExist: 'conflict',
  TopicAlreadyExist: 'conflict',
  SubscriptionAlreadyExist: 'conflict',
  MessageNotExist: 'not-found',
  QueueNotExist: 'not-found',
  TopicNotExist: 'not-found',
  SubscriptionNotExist: 'not-found',
  AccessDenied: 'forbidden',
  InvalidAccessKeyId: 'forbidden',
  SignatureDoesNotMatch: 'forbidden',
  TimeExpired: 'forbidden', // clock skew: nothing about the request itself is wrong
  InternalError: 'transport',
  InternalServerError: 'transport',
};

/** A code that we do not know is a request that we should not have made. */
export const classify = (code: string): FailureClass => classes[code] ?? 'invalid';

/** The service's code stands in the name, `MNS<code>Error`; status, request id and text only in the message. */
const serviceError = /^MNS(.+)Error$/;
const messageForm = /failed with (\d+)\. requestid: ([^,]*), hostid: [^,]*, message: ([\s\S]*)$/;

/**
 * Whatever an SDK call threw, as a `CloudFailure`. Time limits and socket errors are `transport`; so is the bare `TypeError` with which
 * the SDK meets an answer that is not the expected document, such as the page of a proxy. The URL in the SDK's text is left out, because
 * it can hold a receipt handle.
 */
export function failureOf(action: string, error: unknown): CloudFailure {
  if (error instanceof CloudFailure) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const code = serviceError.exec(name)?.[1];
  if (code === undefined) {
    const detail = /^(ConnectTimeout|ReadTimeout)/.exec(message)?.[1] ?? socketCode(error) ?? name;
    return new CloudFailure('transport', { action, code: '', detail, requestId: '' }, { cause: error });
  }
  const [, status = '', requestId = '', text = ''] = messageForm.exec(message) ?? [];
  return new CloudFailure(classify(code), { action, code, detail: `HTTP ${status}: ${text}`, requestId }, { cause: error });
}

const socketCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
