/** How the service says no: codes with their HTTP status (MNS reference, section 8). Clients act on the code; the words are ours. */

const statusOf = {
  InvalidAuthorizationHeader: 400,
  InvalidDateHeader: 400,
  InvalidArgument: 400,
  InvalidDegist: 400, // spelt so by the service
  InvalidRequestURL: 400,
  InvalidQueryString: 400,
  MalformedXML: 400,
  MissingAuthorizationHeader: 400,
  MissingDateHeader: 400,
  MissingVersionHeader: 400,
  MissingReceiptHandle: 400,
  MissingVisibilityTimeout: 400,
  InvalidQueueName: 400,
  QueueNameLengthError: 400,
  TopicNameInvalid: 400,
  TopicNameLengthError: 400,
  SubscriptionNameInvalid: 400,
  SubscriptionNameLengthError: 400,
  EndpointInvalid: 400,
  ReceiptHandleError: 400,
  QueueDeletedRecently: 400,
  QpsLimitExceeded: 400,
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  MessageNotExist: 404,
  QueueNotExist: 404,
  TopicNotExist: 404,
  SubscriptionNotExist: 404,
  TimeExpired: 408,
  QueueAlreadyExist: 409,
  TopicAlreadyExist: 409,
  SubscriptionAlreadyExist: 409,
  InternalError: 500,
} as const;

export type RefusalCode = keyof typeof statusOf;

/** A request that the emulator refuses. `code` and `status` may be free text and number when a fault was asked for. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly status: number;

  constructor(code: RefusalCode, message: string, status: number = statusOf[code]) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
