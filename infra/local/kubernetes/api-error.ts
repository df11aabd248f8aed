/** A refusal of the API: the HTTP status and the `Status` object that kubectl prints. */
import type { Json, JsonMap } from './json.ts';

/** One wrong field. `reason` is the machine-readable word, such as `FieldValueRequired`. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** Thrown by operations, turned into an answer in one place. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The `Status` object of this refusal. */
  body(): JsonMap {
    const details = this.details === undefined ? {} : { details: JSON.parse(JSON.stringify(this.details)) as Json }; // plain data
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...details,
      code: this.code,
    };
  }
}

/** Which resource a refusal is about. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

const qualified = (group: string, word: string): string => (group === '' ? word : `${word}.${group}`);
const about = (resource: ResourceName, name: string): StatusDetails => ({
  name,
  ...(resource.group === '' ? {} : { group: resource.group }),
  kind: resource.plural,
});

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

export const notFound = (resource: ResourceName, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${qualified(resource.group, resource.plural)} "${name}" not found`, about(resource, name));

export const unknownPath = (): ApiError => new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

export const notServed = (sentence: string): ApiError => new ApiError(501, 'NotImplemented', sentence);

export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

export const unsupportedMediaType = (sentence: string): ApiError => new ApiError(415, 'UnsupportedMediaType', sentence);

export const alreadyExists = (resource: ResourceName, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${qualified(resource.group, resource.plural)} "${name}" already exists`, about(resource, name));

export const conflict = (resource: ResourceName, name: string, why: string): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource.group, resource.plural)} "${name}": ${why}`,
    about(resource, name),
  );

/** What the API says to a writer who read an older version. */
export const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

export const forbidden = (resource: ResourceName, name: string, why: string, causes?: readonly Cause[]): ApiError =>
  new ApiError(403, 'Forbidden', `${qualified(resource.group, resource.plural)} "${name}" is forbidden: ${why}`, {
    ...about(resource, name),
    ...(causes === undefined ? {} : { causes }),
  });

/** 422, with every wrong field as a cause. */
export function invalid(resource: ResourceName, name: string, causes: readonly Cause[]): ApiError {
  const lines = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualified(resource.group, resource.kind)} "${name}" is invalid: ${text}`, {
    ...about(resource, name),
    kind: resource.kind,
    causes,
  });
}

export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message);

export const unavailable = (message: string): ApiError => new ApiError(503, 'ServiceUnavailable', message);
