/** Annotations that limit requests per second. A limit is per rule: an Ingress with several paths or listeners has several of them. */
import { type Annotation, albPrefix } from './annotation.ts';
import { integer } from './formats.ts';

/** ALB TrafficLimitConfig: QPS and PerIpQps. */
const qps = integer(1, 1_000_000);

const limit = (key: string, goesTo: string, text: string): Annotation<number | undefined> => ({
  keys: [`${albPrefix}${key}`],
  on: 'Ingress',
  format: qps,
  default: undefined,
  goesTo: `RuleActions TrafficLimit: TrafficLimitConfig.${goesTo}`,
  text,
});

export const trafficLimit = {
  qps: limit('traffic-limit-qps', 'QPS', 'Requests per second and rule; more are answered 503 at once, there is no burst.'),
  ipQps: limit(
    'traffic-limit-ip-qps',
    'PerIpQps',
    'Requests per second, rule and client address; lower than `traffic-limit-qps`. The listener must look up client addresses (`xForwardedForConfig`). Not on QUIC.',
  ),
} as const;
