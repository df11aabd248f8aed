/** What the lane tells people: Events on the Service whose endpoints could not all become servers. */
import type { Server } from '#shared/cloud/alb/port.ts';
import { serverKey } from '#shared/plan/members.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { writeWarning } from '#shared/step/write-warning.ts';
import { serversPerGroup } from './choose-servers.ts';
import type { GroupWork } from './group-work.ts';
import type { Resolved } from './look-ups.ts';

/** An Event is a sentence: of many addresses the first few are named. */
const named = 5;

/** The first few, and how many more there are. */
const listOf = (texts: readonly string[]): string =>
  texts.length <= named ? texts.join(', ') : `${texts.slice(0, named).join(', ')} and ${texts.length - named} more`;

export const unresolvedProblems = (object: ObjectRef, { interfaces, instances }: Resolved['without']): readonly Problem[] => [
  ...(interfaces.length === 0 ? [] : [{ code: 'MEMBER-NO-INTERFACE', object, facts: { address: listOf(interfaces) } } as const]),
  ...(instances.length === 0 ? [] : [{ code: 'MEMBER-NO-INSTANCE', object, facts: { address: listOf(instances) } } as const]),
];

const addressOf = ({ serverIp, serverId, port }: Server): string => `${serverIp === '' ? serverId : serverIp}:${port}`;

const limits: Readonly<Record<string, string>> = {
  'ResourceQuotaExceeded.LoadBalancerServersNum': 'servers per ALB',
  'ResourceQuotaExceeded.ServerAddedNum': 'groups that one address is a server of',
};

/** What there is no room for, and what the service refuses. */
export function leftOutProblems(
  object: ObjectRef,
  { group, wanted, refusals }: GroupWork,
  { refused, beyond }: { readonly refused: readonly Server[]; readonly beyond: readonly Server[] },
): readonly Problem[] {
  const { full } = refusals;
  const codes = refusals.refused;
  const crowd = (servers: readonly Server[], limit: string): readonly Problem[] => {
    const facts = { group, limit, left: String(servers.length), wanted: String(wanted.length), servers: listOf(servers.map(addressOf)) };
    return servers.length === 0 ? [] : [{ code: 'MEMBERS-QUOTA', object, facts }];
  };
  const ofCode = new Map<string, readonly Server[]>();
  for (const one of refused) {
    const code = codes.get(serverKey(one));
    if (code !== undefined) ofCode.set(code, [...(ofCode.get(code) ?? []), one]);
  }
  return [
    ...crowd(beyond, `${serversPerGroup} servers per group`),
    ...crowd(
      refused.filter((one) => !codes.has(serverKey(one))),
      full === undefined ? '' : (limits[full] ?? full),
    ),
    ...[...ofCode].map(
      ([code, servers]): Problem => ({
        code: 'MEMBER-REFUSED',
        object,
        facts: { group, code, servers: listOf(servers.map(addressOf)) },
      }),
    ),
  ];
}

/** Each on the Service that it is about. */
export async function tellProblems(problems: readonly Problem[], at: Workshop): Promise<void> {
  for (const problem of problems) {
    const { namespace, name } = problem.object;
    // Not to know the uid is no reason to say nothing.
    const service = await at.kube.get({ kind: 'Service', namespace, name }).catch(() => undefined);
    await writeWarning(problem, service?.metadata.uid, at);
  }
}
