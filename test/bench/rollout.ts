/**
 * What a rollout of 100 pods costs, over the forwarder's window: calls of the cloud, messages, invocations, and how long a pod waits. Run by
 * `npx tsx test/bench/rollout.ts`; all of it is virtual time, so the figures are the same on every machine.
 */
import { percentile, rollout, seeded } from '#test/support/rollout.ts';

const pods = 100;
/** A rolling update of 25 % at a time. */
const spreadMs = 20_000;
const random = seeded(5);
const arrivals = Array.from({ length: pods }, (_, index) => ({
  at: Math.floor(random() * spreadMs),
  service: 'coffee',
  ip: `10.64.0.${index + 1}`,
}));

for (const windowMs of [0, 200, 1000, 3000]) {
  const { latencies, ...counts } = await rollout(arrivals, { windowMs, callMs: 50, jobMs: 500, queueMs: 300 });
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  console.log(`window ${windowMs} ms:`, JSON.stringify({ ...counts, p50, p99 }));
}
