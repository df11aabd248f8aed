/** How a server of a group is: by what scripts wish, by the checks of a data plane, and without one as if every check passed. */
import type { Cloud, ServerHealth, WishedHealth } from './cloud.ts';
import { isChecked } from './group-settings.ts';
import type { ServerGroupRecord, ServerRecord } from './records.ts';

interface Health {
  /** Normal, Initial, Unhealthy, Unused or Unavailable. */
  readonly status: string;
  readonly reason?: unknown;
}

const normal: Health = { status: 'Normal' };
const initial: Health = { status: 'Initial' };

const concerns = (wish: WishedHealth, group: ServerGroupRecord, server: ServerRecord): boolean =>
  [server.ServerIp, server.ServerId].includes(wish.server) &&
  (wish.port === undefined || wish.port === server.Port) &&
  (wish.serverGroupId === undefined || wish.serverGroupId === group.id);

const asWished = ({ status, reasonCode = 'CONNECT_FAILED' }: WishedHealth): Health =>
  status === 'Unhealthy' ? { status, reason: { ReasonCode: reasonCode } } : { status };

/** Without anybody who checks, a new server has passed when it could have: after as many checks in a row as it takes. */
function asIfPassed(cloud: Cloud, group: ServerGroupRecord, server: ServerRecord): Health {
  const { inForceSince = Number.POSITIVE_INFINITY } = server;
  // Switching checks on interrupts nobody.
  if ((group.checkedSince ?? Number.NEGATIVE_INFINITY) >= inForceSince) return normal;
  const { HealthyThreshold, HealthCheckInterval } = group.shown.HealthCheckConfig;
  const takesMs = Number(HealthyThreshold) * Number(HealthCheckInterval) * 1000;
  return cloud.clock.now() >= inForceSince + takesMs ? normal : initial;
}

const placeOf = ({ ServerId, Port }: { readonly ServerId: string; readonly Port: number }): string => `${ServerId} ${Port}`;

/** The checks' findings by server; one they do not know yet is new to them. */
function asFound(found: readonly ServerHealth[]): (server: ServerRecord) => Health {
  const byPlace = new Map<string, ServerHealth[]>();
  for (const one of found) byPlace.set(placeOf(one.server), [...(byPlace.get(placeOf(one.server)) ?? []), one]);
  return (server) => {
    const here = byPlace.get(placeOf(server)) ?? [];
    return here.find((one) => server.ServerIp === '' || one.server.ServerIp === server.ServerIp) ?? initial;
  };
}

/** Tells of one server after the other how it is. */
export function healthIn(cloud: Cloud, group: ServerGroupRecord): (server: ServerRecord) => Health {
  const found = cloud.health(group.id);
  const checked = found === undefined ? (server: ServerRecord) => asIfPassed(cloud, group, server) : asFound(found);
  return (server) => {
    if (server.Weight === 0) return { status: 'Unused' };
    if (!isChecked(group.shown)) return { status: 'Unavailable' };
    const wish = cloud.wishedHealth().find((one) => concerns(one, group, server));
    return wish === undefined ? checked(server) : asWished(wish);
  };
}
