/**
 * The ALB port over Alibaba Cloud's SDK. Answers come back in canonical form: the service's defaults filled in, lists without an order
 * sorted, absent members absent; so what was created compares equal to what was wanted.
 */
import type { CloudOptions } from '../options.ts';
import { AlbClient } from './client.ts';
import { healthCalls } from './health.ts';
import { jobCalls } from './jobs.ts';
import { listenerCalls } from './listeners.ts';
import { loadBalancerCalls } from './load-balancers.ts';
import type { Alb } from './port.ts';
import { ruleCalls } from './rules.ts';
import { serverGroupCalls } from './server-groups.ts';
import { serverCalls } from './servers.ts';

/** Nothing is connected or loaded before the first call. `close` ends the connections; the adapter may be used again afterwards. */
export function createAlb(options: CloudOptions): Alb {
  const client = new AlbClient(options);
  return {
    ...loadBalancerCalls(client),
    ...serverGroupCalls(client),
    ...serverCalls(client),
    ...healthCalls(client),
    ...listenerCalls(client),
    ...ruleCalls(client),
    ...jobCalls(client),
    close: () => client.close(),
  };
}
