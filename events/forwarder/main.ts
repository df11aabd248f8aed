/**
 * The forwarder's process: read the settings, make the clients, follow the cluster, and on SIGTERM tell what is pending and go.
 * To be started with `node --max-semi-space-size=1 --optimize-for-size`: 86 MiB with 10,000 EndpointSlices, 130 without.
 */
import pino from 'pino';
import { createQueues } from '#shared/cloud/mns/adapter.ts';
import { machineTimers } from '#shared/kube/timers.ts';
import { createTransport } from '#shared/kube/transport.ts';
import { readConfig } from './config.ts';
import { createForwarder } from './forwarder.ts';
import { serveHealth } from './health.ts';
import { createTelemetry } from './telemetry.ts';

/** A pod gets 30 s to end; what is pending after this long (ms) is left to the resync of the next start. */
const flushMs = 8000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel, base: { cluster: config.cluster }, timestamp: pino.stdTimeFunctions.isoTime });
  const transport = createTransport({ kubeconfig: config.kubeconfig });
  const queues = createQueues(config.queues);
  const telemetry = createTelemetry();
  const forwarder = createForwarder({
    ...{ cluster: config.cluster, ring: config.ring, windowMs: config.windowMs, podAddresses: config.podAddresses },
    ...{ transport, queues, telemetry, log, timers: machineTimers, random: Math.random, now: Date.now },
  });
  const health = await serveHealth(config.health, { state: forwarder.state, telemetry });
  forwarder.start();
  log.info({ port: health.port, keys: config.ring.accept.length }, 'forwarder started');

  const stop = async (signal: string): Promise<void> => {
    const late = setTimeout(() => process.exit(1), flushMs);
    const untold = await forwarder.stop();
    transport.close();
    queues.close();
    await health.close();
    clearTimeout(late);
    log.info({ signal, untold }, 'forwarder stopped');
    process.exitCode = untold === 0 ? 0 : 1;
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
}

await main().catch((error: unknown) => {
  process.stderr.write(`the forwarder cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
