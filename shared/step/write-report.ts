/**
 * Carries a report to the API server. A report that cannot be written never fails the work it reports on: the caller learns of it and keeps
 * what it last told, so that the next run tells again.
 */

import type { AlbConfigKey } from '#events/contract/messages.ts';
import { recordEvent } from '#shared/kube/events.ts';
import type { Kube } from '#shared/kube/port.ts';
import { eachLimited } from './each-limited.ts';
import type { Report } from './report.ts';
import type { Log } from './workshop.ts';

/** Writes at once: enough to report a hundred Ingresses within a second, few enough for a busy API server. */
const parallel = 8;

export async function writeReport(kube: Kube, key: AlbConfigKey, report: Report, log: Log): Promise<boolean> {
  let all = true;
  const quietly = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => {
      all = false;
      log.warn({ what, error: error instanceof Error ? error.message : String(error) }, 'report not written');
    });
  };
  const { status } = report;
  if (status !== undefined) {
    await quietly('status', () => kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: key.name }, { status }, 'status'));
  }
  await eachLimited(report.hostnames, parallel, ({ ingress, hostname }) =>
    quietly('hostname', () =>
      kube.mergePatch(
        { kind: 'Ingress', namespace: ingress.namespace, name: ingress.name },
        { status: { loadBalancer: hostname === undefined ? { ingress: null } : { ingress: [{ hostname }] } } },
        'status',
      ),
    ),
  );
  await eachLimited(report.events, parallel, (event) => quietly('event', () => recordEvent(kube, event)));
  return all;
}
