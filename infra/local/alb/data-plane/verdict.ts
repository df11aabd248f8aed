/** What a health probe is given and what it finds, in the words of GetListenerHealthStatus. */
import type { HealthCheck } from './health-settings.ts';
import type { Timers } from './timers.ts';

type ReasonCode = 'CONNECT_TIMEOUT' | 'CONNECT_FAILED' | 'RECV_RESPONSE_FAILED' | 'RECV_RESPONSE_TIMEOUT' | 'RESPONSE_MISMATCH';

export interface Reason {
  readonly ReasonCode: ReasonCode;
  readonly ExpectedResponse?: string;
  readonly ActualResponse?: string;
}

/** `undefined`: the server passed. */
export type Verdict = Reason | undefined;

interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  /** The server's own address, which `$SERVER_IP` stands for. */
  readonly address: string;
}

/** One probe of one server. */
export interface Probe {
  readonly target: ProbeTarget;
  readonly check: HealthCheck;
  readonly timers: Timers;
}
