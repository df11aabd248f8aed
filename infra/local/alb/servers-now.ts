/** Which servers of a group count at this moment: one that was removed stays for as long as it drains. */
import type { Cloud } from './cloud.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';

const isDraining = (server: ServerRecord): boolean => server.drainsUntil !== undefined;

/** Servers that are registered, or are being; draining ones are no more. Quotas count these. */
export const registeredServers = ({ servers }: ServerGroupRecord): readonly ServerRecord[] => servers.filter((one) => !isDraining(one));

/** Servers that were removed and have not drained yet. */
export const drainingServers = (cloud: Cloud, { servers }: ServerGroupRecord): readonly ServerRecord[] =>
  servers.filter((one) => (one.drainsUntil ?? 0) > cloud.clock.now());

/** Servers as lists and counts tell them. */
export const listedServers = (cloud: Cloud, group: ServerGroupRecord): readonly ServerRecord[] =>
  cloud.settings().drainingServers === 'gone'
    ? registeredServers(group)
    : group.servers.filter((one) => one.drainsUntil === undefined || one.drainsUntil > cloud.clock.now());
