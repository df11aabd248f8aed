/** The forwarder's metrics, made from the table; only ours, none of the process's. */
import { Counter, Gauge, Registry } from 'prom-client';
import { type MetricName, metrics } from '#shared/telemetry/metrics.ts';

type Labels = Readonly<Record<string, string>>;

export interface Telemetry {
  count(name: MetricName, labels?: Labels, by?: number): void;
  set(name: MetricName, value: number, labels?: Labels): void;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

const prefix = 'albeit_forwarder_';

/** A registry with a metric per row that is the forwarder's. */
export function createTelemetry(): Telemetry {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  for (const [name, { type, labels, help }] of Object.entries(metrics).filter(([one]) => one.startsWith(prefix))) {
    const facts = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(facts));
    else gauges.set(name, new Gauge(facts));
  }
  return {
    count: (name, labels = {}, by = 1) => counters.get(name)?.inc(labels, by),
    set: (name, value, labels = {}) => gauges.get(name)?.set(labels, value),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
