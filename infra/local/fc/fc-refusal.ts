/** How the API of Function Compute says no (reference, 13). */

const statusOf = {
  InvalidArgument: 400,
  MissingRequiredHeader: 400,
  PathNotSupported: 400,
  EntityTooLarge: 400,
  AccessDenied: 403,
  SignatureNotMatch: 403,
  InvalidAccessKeyID: 403,
  FunctionNotFound: 404,
  AsyncTaskNotFound: 404,
  AsyncTaskAlreadyExists: 409,
  ResourceExhausted: 429,
  InternalServerError: 500,
  ResourceThrottled: 503,
} as const;

export type FcCode = keyof typeof statusOf;

export class FcRefusal extends Error {
  override readonly name = 'FcRefusal';
  readonly code: string;
  readonly status: number;

  constructor(code: FcCode, message: string) {
    super(message);
    this.code = code;
    this.status = statusOf[code];
  }
}
