/** Changes of the servers of a group: one job each, which keeps the group Configuring, and what is left when it ends or fails. */
import type { Acting } from './cloud.ts';
import { drainMs } from './group-settings.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';
import { keyOf } from './server-identity.ts';

/** How a server ends that the change is about; `undefined`: gone. */
type End = (server: ServerRecord) => ServerRecord | undefined;

export interface ServersChange {
  /** What it looks like at once. */
  readonly now: readonly ServerRecord[];
  /** Keys of the servers that it is about, in the order of the call. */
  readonly about: readonly string[];
  readonly end: End;
}

/** A server that is registered from now on. */
export const registered = (acting: Acting, server: ServerRecord): ServerRecord => ({
  ...server,
  Status: 'Available',
  weightInForce: server.Weight,
  inForceSince: server.inForceSince ?? acting.cloud.clock.now(),
});

/** A server that is removed: it takes no more requests, and stays for as long as its group drains. */
export function departed(acting: Acting, group: ServerGroupRecord, server: ServerRecord): ServerRecord | undefined {
  const { weightInForce: _, inForceSince: _since, ...rest } = server;
  const ms = drainMs(group);
  if (ms === 0) return undefined;
  return { ...rest, Status: 'Removing', weightInForce: undefined, drainsUntil: acting.cloud.clock.now() + ms };
}

/** Servers after a job that failed half way: the first half of what it was about is as it was to become, the rest as it was. */
function halfDone(before: readonly ServerRecord[], change: ServersChange): readonly ServerRecord[] {
  const done = new Set(change.about.slice(0, Math.ceil(change.about.length / 2)));
  const was = new Map(before.map((server) => [keyOf(server), server]));
  return change.now.flatMap((server) => (done.has(keyOf(server)) ? change.end(server) : was.get(keyOf(server))) ?? []);
}

/** Starts the change; answers its job. */
export function changeServers(acting: Acting, group: ServerGroupRecord, change: ServersChange): { readonly JobId: string } {
  const { cloud } = acting;
  cloud.state.serverGroups.put({ ...group, status: 'Configuring', servers: change.now });
  const finish = (servers: () => readonly ServerRecord[]) => () =>
    cloud.state.serverGroups.change(group.id, (record) => ({
      ...record,
      status: 'Available',
      inForce: record.shown,
      servers: servers(),
    }));
  const about = new Set(change.about);
  const JobId = cloud.jobs.start({
    apiName: acting.action,
    operateType: 'Update',
    resourceType: 'servergroup',
    resourceId: group.id,
    takesMs: cloud.settings().times.serversMs,
    failWith: acting.failJobWith,
    done: finish(() => change.now.flatMap((server) => (about.has(keyOf(server)) ? change.end(server) : server) ?? [])),
    undone: finish(() => (cloud.settings().failedServerJobs === 'undone' ? group.servers : halfDone(group.servers, change))),
  });
  return { JobId };
}
