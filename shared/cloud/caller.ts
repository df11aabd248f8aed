/**
 * One cloud call, for every SDK product alike: own deadline, the failure's class, and one report. It neither retries nor sleeps.
 */
import { classify } from './classify.ts';
import { Connections } from './connections.ts';
import { CloudFailure } from './failure.ts';
import { type CallReport, type CloudOptions, callTimeoutMsOf } from './options.ts';

/** The parts of an SDK error that we read. `instanceof` fails when two copies of the SDK core are installed; fields do not. */
interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly requestId?: unknown;
  readonly retryAfter?: unknown;
  readonly data?: unknown;
}

const text = (value: unknown): string => (typeof value === 'string' && value !== 'undefined' ? value : '');

/** The service's sentence. The SDK's own `message` repeats code, status and request id around it. */
const sentenceOf = (data: unknown): string => {
  // A border value: `data` is the parsed error document when there is one.
  const fields = (data ?? {}) as { readonly Message?: unknown; readonly message?: unknown };
  return text(fields.Message) || text(fields.message);
};

/** Why there was no usable answer. URLs stay out: for other products they carry secrets. */
function transportDetail(error: SdkError): string {
  if (error.name === 'RequestTimeoutError') return 'no answer in time';
  if (error.name === 'SyntaxError') return 'the answer is not JSON';
  return text(error.code) || text(error.name) || 'unknown';
}

/** The failure that an SDK error stands for. */
function failureOf(action: string, thrown: unknown): CloudFailure {
  if (thrown instanceof CloudFailure) return thrown;
  // A border value: every field is checked before it is used.
  const error = (thrown ?? {}) as SdkError;
  const code = text(error.code);
  if (typeof error.statusCode !== 'number' && code !== 'InvalidCredentials') {
    return new CloudFailure('transport', { action, code: '', detail: transportDetail(error), requestId: '' }, { cause: thrown });
  }
  const facts = { action, code, detail: sentenceOf(error.data), requestId: text(error.requestId) };
  const retryAfterMs = typeof error.retryAfter === 'number' && error.retryAfter > 0 ? error.retryAfter : undefined;
  return new CloudFailure(
    classify(code, typeof error.statusCode === 'number' ? error.statusCode : 0),
    retryAfterMs === undefined ? facts : { ...facts, retryAfterMs },
    { cause: thrown },
  );
}

export class Caller {
  private readonly connections = new Connections();
  private readonly product: CallReport['product'];
  private readonly options: CloudOptions;

  constructor(product: CallReport['product'], options: CloudOptions) {
    this.product = product;
    this.options = options;
  }

  /** Both SDK limits: the connect timeout is really the socket's idle timeout, so either alone cuts slow answers short. */
  get limits(): { readonly connectTimeout: number; readonly readTimeout: number } {
    const ms = callTimeoutMsOf(this.options);
    return { connectTimeout: ms, readTimeout: ms };
  }

  /** Makes the call and reports it. Throws `CloudFailure` only. */
  async call<T>(action: string, write: boolean, make: () => Promise<T>): Promise<T> {
    const started = performance.now();
    let code = '';
    try {
      return await this.withinDeadline(action, () => this.connections.run(make));
    } catch (error) {
      const failure = failureOf(action, error);
      code = failure.facts['code'] || failure.failure;
      throw failure;
    } finally {
      this.options.onCall?.({ product: this.product, action, write, ms: performance.now() - started, code });
    }
  }

  close(): void {
    this.connections.close();
  }

  /** The SDK's read timer may be cleared by an earlier request on the same socket (seen), so the deadline is ours. */
  private async withinDeadline<T>(action: string, make: () => Promise<T>): Promise<T> {
    const limitMs = callTimeoutMsOf(this.options);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const detail = `no answer within ${limitMs} ms`;
      timer = setTimeout(() => reject(new CloudFailure('transport', { action, code: '', detail, requestId: '' })), limitMs);
    });
    try {
      return await Promise.race([make(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** An answer that lacks what the service promises is no usable answer. */
export function required<T>(value: T | undefined | null, action: string, field: string): T {
  if (value !== undefined && value !== null) return value;
  throw new CloudFailure('transport', { action, code: '', detail: `the answer lacks ${field}`, requestId: '' });
}
