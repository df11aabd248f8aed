/** A record is an object of the API server, whose annotations have 256 KiB together: of very many servers not all can be remembered. */
import type { GroupMembers, ServiceLedger } from '#shared/step/record.ts';

/** Characters of the ledger; the rest is for groups of chains, and for the key. */
const mostCharacters = 200_000;

/** Without its servers, which the next run lists. What was applied is known all the same. */
const forgotten = ({ servers: _servers, ...rest }: GroupMembers): GroupMembers => rest;

/** The same ledger, or one that has forgotten the servers of the largest groups. A job and what comes of it are never forgotten. */
export function fitRecord(ledger: ServiceLedger): ServiceLedger {
  let fitting = ledger;
  let left = JSON.stringify(ledger).length;
  const largest = Object.entries(ledger.members)
    .map(([group, members]) => ({ group, members, size: JSON.stringify(members.servers ?? []).length }))
    .sort((a, b) => b.size - a.size);
  for (const { group, members, size } of largest) {
    if (left <= mostCharacters) break;
    fitting = { ...fitting, members: { ...fitting.members, [group]: forgotten(members) } };
    left -= size;
  }
  return fitting;
}
