/** The beginning and the end of the work on one Service: its claim is taken, and given back with what is known by then. */
import type { MembersRequested } from '#events/contract/messages.ts';
import type { Claim } from '#shared/step/claim.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { done } from '#shared/step/outcome.ts';
import { emptyServiceLedger, type GroupMembers, type ServiceLedger } from '#shared/step/record.ts';
import { isTaken, outcomeOfTaken } from '#shared/step/records.ts';
import type { Send, Settlement, Workshop } from '#shared/step/workshop.ts';
import { type Lane, outcomeOfLane, refOf } from './lane.ts';

/** Without what may have been overtaken by a write: the servers are listed. */
const doubted = ({ wanted, registered }: GroupMembers): GroupMembers => ({
  ...(wanted === undefined ? {} : { wanted }),
  ...(registered === undefined ? {} : { registered }),
});

/**
 * Nothing is saved between claim and write: the claim itself says that a write may be under way. Who takes over from a holder that died
 * trusts nothing that it remembered of servers, not even that a new group is empty.
 */
function ledgerOf({ takenOver, record: { ledger, groups } }: Claim<ServiceLedger>): ServiceLedger {
  if (!takenOver) return ledger;
  const members = Object.keys(groups).map((group): [string, GroupMembers] => [group, doubted(ledger.members[group] ?? {})]);
  return { ...ledger, members: Object.fromEntries(members) };
}

/** The lane, or how the message ended because there is none. */
export async function claimLane(message: MembersRequested, at: Workshop): Promise<Lane | Settlement> {
  try {
    const claim = await at.records.claimExisting(message.key, at, emptyServiceLedger);
    // No record: no chain has made a group for this Service.
    if (claim === 'absent') return { outcome: done(false), sends: [], facts: { claim } };
    if (isTaken(claim)) return { outcome: outcomeOfTaken(claim), sends: [], facts: { claim: 'taken' } };
    const wish = { endpoints: [], nodes: [] };
    return { message, claim, ledger: ledgerOf(claim), wish, work: [], outcome: done(false), sends: [], released: false };
  } catch (error) {
    return { outcome: outcomeOf(error, refOf({ message })), sends: [] };
  }
}

export async function releaseLane(lane: Lane): Promise<Settlement> {
  const { message, claim } = lane;
  const outcome = outcomeOfLane(lane);
  lane.released = true;
  const empty = Object.keys(claim.record.groups).length === 0 && outcome.kind === 'done';
  try {
    const { again } = await claim.release(empty ? undefined : lane.ledger);
    const repeat: Send = { message: { ...message, attempt: 0 }, delaySeconds: 0 };
    // What waits comes back at once anyway; what is parked may take minutes, and somebody has news.
    return { outcome, sends: [...lane.sends, ...(again && outcome.kind !== 'wait' ? [repeat] : [])] };
  } catch (error) {
    return { outcome: outcomeOf(error, refOf(lane)), sends: lane.sends };
  }
}
