/** What the references leave open about ALB's data plane, as switches; every suite passes under each of them. */

export interface DataPlaneSettings {
  /** What happens when no server of a group passes its checks: `refuse` answers 503, `forward` tries them all the same. */
  readonly whenAllUnhealthy: 'refuse' | 'forward';
  /**
   * How many other servers are tried when one cannot be connected to. Nothing has been sent then, so trying again is safe for every
   * method. A server that fails after bytes were sent is never tried again: the answer is 502.
   */
  readonly connectRetries: number;
}

export const defaultSettings: DataPlaneSettings = { whenAllUnhealthy: 'refuse', connectRetries: 1 };
