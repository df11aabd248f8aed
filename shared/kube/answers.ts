/** What an answer of the API server means to us: an object, a known outcome of an optimistic write, or one of the two errors. */
import { AlbeitError } from '#shared/errors.ts';
import type { KubeObject, WriteResult } from './port.ts';
import type { KubeAnswer } from './transport.ts';

/** The part of a `Status` object that matters. */
interface Status {
  readonly reason: string;
  readonly message: string;
}

/** Reads the `Status` of a refusal; empty texts when the body was something else. */
function statusOf(body: unknown): Status {
  const { reason, message } = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  return { reason: typeof reason === 'string' ? reason : '', message: typeof message === 'string' ? message : '' };
}

/** Answers that time may cure: time limits, throttling, and every fault of the server itself. */
const mayPass = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** The error of an answer that is none of the expected ones. The message of the server is kept short: it may quote whole objects. */
export function failureOf(answer: KubeAnswer, verb: string, object: string): AlbeitError {
  const { reason, message } = statusOf(answer.body);
  const detail = `HTTP ${answer.status} ${reason} ${message}`.trim().slice(0, 300);
  const unusable = answer.status >= 200 && answer.status < 300;
  if (unusable) return new AlbeitError('KUBE-AWAY', { detail: `${verb} ${object}: HTTP ${answer.status} without an object` });
  if (mayPass(answer.status)) return new AlbeitError('KUBE-AWAY', { detail: `${verb} ${object}: ${detail}` });
  return new AlbeitError('KUBE-REFUSED', { verb, object, detail });
}

const isObject = (body: unknown): body is KubeObject => typeof body === 'object' && body !== null && 'metadata' in body && 'kind' in body;

/** Success, with something of the API server's own as the body: a proxy's page with status 200 is none. */
export const isSuccess = ({ status, body }: KubeAnswer): boolean =>
  status >= 200 && status < 300 && typeof body === 'object' && body !== null && 'kind' in body;

/** The object of a successful answer, `undefined` for any other status. */
export function objectOf<T extends KubeObject>(answer: KubeAnswer): T | undefined {
  if (answer.status < 200 || answer.status >= 300 || !isObject(answer.body)) return undefined;
  // The server answers with the kind that was asked for; fields are checked where they are used.
  return answer.body as T;
}

/** What a write came to. A name that is taken and a version that has moved on are both 409; the reason tells them apart. */
export function writeResult<T extends KubeObject>(answer: KubeAnswer, verb: string, object: string): WriteResult<T> {
  const written = objectOf<T>(answer);
  if (written !== undefined) return { kind: 'written', object: written };
  if (answer.status === 409) return { kind: statusOf(answer.body).reason === 'AlreadyExists' ? 'exists' : 'conflict' };
  // On create, 404 speaks of the namespace or of the kind, not of the object.
  if (answer.status === 404 && verb !== 'create') return { kind: 'gone' };
  throw failureOf(answer, verb, object);
}

/** A patch with a uid met another object of the same name: to the API server that is a change of a field that must not change (measured on 1.34). */
export const isOfAnother = (answer: KubeAnswer): boolean =>
  answer.status === 422 && statusOf(answer.body).message.includes('metadata.uid: Invalid value');
