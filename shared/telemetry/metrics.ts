/** The metrics: one row each, from which emission, alarms, dashboards and their documentation are drawn. Units stand in the names. */

export interface MetricRow {
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly help: string;
  /** Absent: nobody needs to be woken. */
  readonly alarm?: {
    /** In the words of the metric, such as `> 60`. Counters are taken as increase over `forMinutes`. */
    readonly when: string;
    readonly forMinutes: number;
    /** What to look at first. */
    readonly look: string;
  };
}

export const metrics = {
  albeit_forwarder_objects: { type: 'gauge', labels: ['kind'], help: 'Objects that the forwarder follows.' },
  albeit_forwarder_synced: {
    type: 'gauge',
    labels: ['kind'],
    help: '1 once the first list of the kind was complete.',
    alarm: { when: '< 1', forMinutes: 5, look: 'the log lines "watch ended" of that kind: RBAC, or the CRD is missing' },
  },
  albeit_forwarder_changes_total: { type: 'counter', labels: ['kind'], help: 'Changes of objects heard, relevant or not.' },
  albeit_forwarder_watch_ends_total: {
    type: 'counter',
    labels: ['kind', 'how'],
    help: 'Ends of watches: ended, expired, silent, failed; and lists made after the first: relist.',
    alarm: { when: '> 30', forMinutes: 10, look: 'whether the API server is reachable from the forwarder' },
  },
  albeit_forwarder_messages_total: { type: 'counter', labels: ['queue'], help: 'Messages that the queue took.' },
  albeit_forwarder_publish_failures_total: {
    type: 'counter',
    labels: ['queue', 'code'],
    help: 'Batches that the queue did not take, by error code; they are sent again.',
    alarm: { when: '> 10', forMinutes: 5, look: 'the code: credentials, endpoint, or the queue service itself' },
  },
  albeit_forwarder_pending_keys: { type: 'gauge', labels: [], help: 'Keys that still have to be told.' },
  albeit_forwarder_oldest_pending_seconds: {
    type: 'gauge',
    labels: [],
    help: 'Age of the oldest key that still has to be told.',
    alarm: { when: '> 60', forMinutes: 2, look: 'albeit_forwarder_publish_failures_total' },
  },
  albeit_forwarder_faults_total: {
    type: 'counter',
    labels: [],
    help: 'Errors of our own while a change was looked at; each is answered by a resync of the cluster.',
    alarm: { when: '> 0', forMinutes: 1, look: 'the log line "a change could not be read", and report it' },
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof metrics;
