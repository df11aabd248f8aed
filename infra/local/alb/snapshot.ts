/** Everything the emulator holds, for `GET /_/state`, in the shapes of its answers. Ended jobs are history and not in it. */
import { showJob } from './async-jobs.ts';
import type { Cloud } from './cloud.ts';
import { showListener } from './listeners.ts';
import { showLoadBalancer } from './load-balancers.ts';
import { showRule } from './rules.ts';
import { showServerGroup } from './server-groups.ts';
import { showServer } from './servers.ts';
import { listedServers } from './servers-now.ts';

/** One JSON object. The network is listed too: it belongs to the local node, not to any load balancer. */
export const snapshot = (cloud: Cloud, dataPlane: readonly unknown[]): Readonly<Record<string, unknown>> => ({
  loadBalancers: cloud.state.loadBalancers
    .all()
    .map((record) => ({ ...showLoadBalancer(record, cloud), ZoneMappings: record.shown.ZoneMappings })),
  // Lists of listeners tell nothing of certificates.
  listeners: cloud.state.listeners
    .all()
    .map((record) => ({ ...showListener(record), Certificates: (record.shown.Certificates ?? []).map((one) => one.CertificateId) })),
  rules: cloud.state.rules.all().map(showRule),
  serverGroups: cloud.state.serverGroups.all().map((record) => ({
    ...showServerGroup(record, cloud),
    Servers: listedServers(cloud, record).map((server) => showServer(server, record.id)),
  })),
  jobs: cloud.state.jobs
    .all()
    .filter((job) => job.status === 'Processing')
    .map(showJob),
  vSwitches: cloud.state.vSwitches,
  networkInterfaces: cloud.state.network().all,
  dataPlane,
});
