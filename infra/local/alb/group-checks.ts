/** Which settings of a server group go together: a row says the refusal, and when. Each by itself is looked at in `parameter-rows.ts`. */
import type { Acting } from './cloud.ts';
import { drains, isGrpc, isSticky, startsSlowly } from './group-settings.ts';
import type { LoadBalancerRecord, ServerGroupAttributes, ServerGroupRecord } from './records.ts';
import { refuse } from './refusals.ts';
import type { Settings } from './settings.ts';

/** A group as far as its settings depend on what it is. */
type Subject = Pick<ServerGroupRecord, 'type' | 'servers'> & { readonly shown: ServerGroupAttributes };

interface Check {
  readonly code: string;
  readonly refuses: (group: Subject, settings: Settings) => boolean;
  readonly says: (group: Subject) => string;
}

const durationOf = ({ shown }: Subject): number => Number(shown.SlowStartConfig['SlowStartDuration']);
const timeoutOf = ({ shown }: Subject): number => Number(shown.ConnectionDrainConfig['ConnectionDrainTimeout']);

/** Codes that tell health: status classes of HTTP; of gRPC numbers up to 99 and ranges of them. TCP has none to look at. */
const httpCode = /^http_[2-5]xx$/;
const grpcCode = /^\d{1,2}(-\d{1,2})?$/;

function hasStrangeCheck({ shown: { HealthCheckConfig: check } }: Subject): boolean {
  const grpc = isGrpc(check['HealthCheckProtocol']);
  // The rows have seen that it is a list of texts.
  const codes = check['HealthCheckCodes'] as readonly string[];
  return (grpc && check['HealthCheckMethod'] === 'HEAD') || codes.some((code) => !(grpc ? grpcCode : httpCode).test(code));
}

const checks: readonly Check[] = [
  {
    code: 'UnsupportedFeature.SlowStart',
    refuses: ({ type, shown }) => type === 'Fc' && startsSlowly(shown),
    says: () => 'A group of functions starts at once',
  },
  {
    code: 'UnsupportedFeature.ConnectionDrain',
    refuses: ({ type, shown }) => type === 'Fc' && drains(shown),
    says: () => 'A group of functions drains no connections',
  },
  {
    code: 'Mismatch.ServerGroupType',
    refuses: ({ type, shown }) => type === 'Fc' && (isSticky(shown) || !shown.CrossZoneEnabled),
    says: () => 'A group of functions has neither stickiness nor zones of its own',
  },
  {
    code: 'Mismatch.SchedulerAndSlowStartEnable',
    refuses: ({ shown }) => startsSlowly(shown) && shown.Scheduler !== 'Wrr',
    says: ({ shown }) => `The ${shown.Scheduler} and true are mismatched`,
  },
  {
    code: 'Mismatch.SchedulerAndUchConfig',
    refuses: ({ shown }) => shown.UchConfig !== undefined && shown.Scheduler !== 'Uch',
    says: ({ shown }) => `The ${shown.Scheduler} and UchConfig are mismatched`,
  },
  {
    code: 'MissingParam.UchConfig',
    refuses: ({ shown }) => shown.UchConfig === undefined && shown.Scheduler === 'Uch',
    says: () => 'Scheduler Uch',
  },
  {
    code: 'IllegalParam.Cookie',
    refuses: ({ shown }) =>
      isSticky(shown) && shown.StickySessionConfig['StickySessionType'] === 'Server' && shown.StickySessionConfig['Cookie'] === undefined,
    says: () => 'invalid server group Cookie',
  },
  {
    code: 'Mismatch.CrossZoneAndStickySession',
    refuses: ({ shown }) => isSticky(shown) && !shown.CrossZoneEnabled,
    says: () => 'The false and true are mismatched',
  },
  {
    code: 'Mismatch.CrossZoneAndRemoteIp',
    refuses: ({ shown, servers }) => !shown.CrossZoneEnabled && servers.some((server) => server.RemoteIpEnabled),
    says: () => 'The group has remote addresses',
  },
  {
    code: 'Mismatch.HealthCheckProtocol',
    refuses: hasStrangeCheck,
    says: ({ shown }) => `A check of ${String(shown.HealthCheckConfig['HealthCheckProtocol'])}`,
  },
  {
    code: 'QuotaExceeded.SlowStartDuration',
    refuses: (group, { quotas }) => startsSlowly(group.shown) && durationOf(group) > quotas.maxSlowStartDuration,
    says: (group) => `${durationOf(group)} s`,
  },
  {
    code: 'QuotaExceeded.ConnectionDrainTimeout',
    refuses: (group, { quotas }) => drains(group.shown) && timeoutOf(group) > quotas.maxConnectionDrainTimeout,
    says: (group) => `${timeoutOf(group)} s`,
  },
];

/** Refuses settings that do not go together. */
export function checkSettings(acting: Acting, group: Subject): void {
  const settings = acting.cloud.settings();
  const broken = checks.find((one) => one.refuses(group, settings));
  if (broken !== undefined) throw refuse(acting.action, broken.code, broken.says(group));
}

/** What load balancers of edition Basic cannot do for a group. */
const beyondBasic: readonly { readonly code: string; readonly has: (shown: ServerGroupAttributes) => boolean }[] = [
  { code: 'Mismatch.LoadBalancerEditionAndConnectionDrain', has: drains },
  { code: 'Mismatch.LoadBalancerEditionAndSlowStartEnable', has: startsSlowly },
  { code: 'Mismatch.LoadBalancerEditionAndCrossZone', has: (shown) => !shown.CrossZoneEnabled },
];

/** Refuses a group that the edition of a load balancer does not serve. */
export function checkEdition(acting: Acting, group: Pick<ServerGroupRecord, 'id' | 'shown'>, loadBalancer: LoadBalancerRecord): void {
  if (loadBalancer.shown.LoadBalancerEdition !== 'Basic') return;
  const beyond = beyondBasic.find((one) => one.has(group.shown));
  if (beyond !== undefined) throw refuse(acting.action, beyond.code, `${group.id} behind ${loadBalancer.id}`);
}
