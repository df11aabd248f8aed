/** What happens to every call, in this order: fault, flow control, reading of parameters, client token, the operation itself. */
import type { FaultBook } from '../fault-book.ts';
import { growBag } from './bag.ts';
import type { ClientTokens } from './client-tokens.ts';
import type { Clock } from './clock.ts';
import type { Answer, Call, Operation } from './operation.ts';
import type { Reply } from './reply.ts';
import { ServiceError } from './service-error.ts';
import { type Parameters, readParameters } from './shape.ts';
import type { SignedRequest } from './signed-request.ts';
import type { Rate } from './write-rate.ts';

/** Settings of the wire, the same for every product served. */
interface WireRules {
  /** Absent: no flow control. */
  readonly writeRate: Rate | undefined;
  /** The same for reads. */
  readonly readRate?: Rate | undefined;
  readonly throttleCode: string;
  readonly throttleStatus: number;
}

export interface Pipeline {
  readonly operations: readonly Operation[];
  readonly clock: Clock;
  readonly faults: FaultBook;
  readonly tokens: ClientTokens;
  readonly count: (action: string, rate: Rate, throttle: { code: string; status: number }) => void;
  readonly rules: () => WireRules;
}

type Fault = NonNullable<ReturnType<FaultBook['take']>>;

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Faults that need no look at the call; `undefined` lets it go on. */
function meet(fault: Fault | undefined, rules: WireRules): Reply | undefined {
  if (fault?.kind === 'reset') return { kind: 'broken' };
  if (fault?.kind === 'html') return { kind: 'html', status: fault.status ?? 502 };
  if (fault?.kind === 'throttle') {
    throw new ServiceError(fault.code ?? rules.throttleCode, 'The request was denied due to flow control.', {
      status: fault.status ?? rules.throttleStatus,
      retryAfterMs: fault.latencyMs ?? 1000,
    });
  }
  if (fault?.kind === 'error')
    throw new ServiceError(fault.code ?? 'SystemBusy', 'A fault that was asked for.', { status: fault.status ?? 400 });
  return undefined;
}

/** Checks the call and does its work, once a token. A dry run ends after the checks, with an error that means success. */
function carryOut(operation: Operation, parameters: Parameters, call: Call, tokens: ClientTokens): Answer {
  const token = operation.write && isFilled(parameters['ClientToken']) ? parameters['ClientToken'] : undefined;
  try {
    const work = operation.prepare(parameters, call);
    if (parameters['DryRun'] === true) throw new ServiceError('DryRunOperation', 'The request passed every check; nothing was done.');
    const answer = work();
    if (token !== undefined) tokens.finish(call.action, token, answer);
    return answer;
  } catch (error) {
    if (token !== undefined) tokens.abandon(call.action, token);
    throw error;
  }
}

async function answerOf(
  pipeline: Pipeline,
  operation: Operation,
  request: SignedRequest,
  call: Call & { readonly latencyMs: number },
): Promise<Answer> {
  const parameters = readParameters(
    operation.shape,
    growBag(request.parameters.filter(([name]) => name !== 'RegionId' || 'RegionId' in operation.shape.members)),
  );
  const token = parameters['ClientToken'];
  if (operation.write && isFilled(token)) {
    if (!/^[\x20-\x7e]{1,64}$/.test(token))
      throw new ServiceError('IllegalParam.ClientToken', 'A client token is 1 to 64 ASCII characters.');
    const first = pipeline.tokens.begin(call.action, token, parameters);
    if (first !== undefined) return first;
  }
  if (call.latencyMs > 0) await new Promise<void>((done) => pipeline.clock.after(call.latencyMs, done));
  return carryOut(operation, parameters, call, pipeline.tokens);
}

/** One call from its verified request to the reply. Refusals are thrown as ServiceErrors. */
export async function serveCall(pipeline: Pipeline, request: SignedRequest, requestId: string): Promise<Reply> {
  const operation = pipeline.operations.find((one) => one.action === request.action && one.version === request.version);
  if (operation === undefined) {
    throw new ServiceError('InvalidAction.NotFound', `There is no action ${request.action} of version ${request.version} here.`, {
      status: 404,
    });
  }
  const rules = pipeline.rules();
  const fault = pipeline.faults.take(request.action, Object.fromEntries(request.parameters));
  const met = meet(fault, rules);
  if (met !== undefined) return met;
  const rate = operation.write ? rules.writeRate : rules.readRate;
  if (rate !== undefined) {
    pipeline.count(request.action, rate, { code: rules.throttleCode, status: rules.throttleStatus });
  }
  const call = {
    action: request.action,
    requestId,
    failJobWith: fault?.kind === 'failed-job' ? (fault.code ?? 'InternalError') : undefined,
    latencyMs: fault?.kind === 'latency' ? (fault.latencyMs ?? 1000) : 0,
  };
  const answer = await answerOf(pipeline, operation, request, call);
  if (fault?.kind === 'lost-answer') return { kind: 'broken' };
  return { kind: 'json', status: 200, body: { ...answer, RequestId: requestId } };
}
