/** The beginning and the end of the work on one Service: its claim is taken, and given back with what is known by then. */
import type { MembersRequested } from '#events/contract/messages.ts';
import { boundIdOf } from '#shared/model/bound-id.ts';
import type { Service } from '#shared/model/wish.ts';
import { shortHash } from '#shared/ownership.ts';
import { explainProblem, type Problem } from '#shared/problem.ts';
import type { Claim } from '#shared/step/claim.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { done, type Outcome } from '#shared/step/outcome.ts';
import { emptyServiceLedger, type GroupMembers, type ServiceLedger } from '#shared/step/record.ts';
import { isTaken, outcomeOfTaken } from '#shared/step/records.ts';
import type { Send, Settlement, Workshop } from '#shared/step/workshop.ts';
import { fitRecord } from './fit-record.ts';
import { groupsOfLane, type Lane, outcomeOfLane, refOf } from './lane.ts';
import { tellProblems } from './tell-members.ts';

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
  const members = [...Object.keys(groups), ...Object.keys(ledger.bound ?? {})].map((group): [string, GroupMembers] => [
    group,
    doubted(ledger.members[group] ?? {}),
  ]);
  return { ...ledger, members: Object.fromEntries(members) };
}

async function isBound({ key: { namespace, name } }: MembersRequested, at: Workshop): Promise<boolean> {
  return boundIdOf(await at.kube.get<Service>({ kind: 'Service', namespace, name })) !== undefined;
}

/** What is asked of a lane: all messages of a batch for one Service together. */
export interface LaneRequest {
  /** The one that says most. */
  readonly message: MembersRequested;
  /** What each of them says for its attempt. */
  readonly arrived: ReadonlySet<number>;
}

/** The lane, or how the message ended because there is none. */
export async function claimLane({ message, arrived }: LaneRequest, at: Workshop): Promise<Lane | Settlement> {
  try {
    const existing = await at.records.claimExisting(message.key, at, emptyServiceLedger);
    // No record: no chain has made a group for this Service. It may be bound to one that was made elsewhere.
    const fresh = existing === 'absent';
    if (fresh && !(await isBound(message, at))) return { outcome: done(false), sends: [], facts: { claim: existing } };
    const claim = fresh ? await at.records.claim(message.key, at, emptyServiceLedger) : existing;
    if (isTaken(claim)) return { outcome: outcomeOfTaken(claim), sends: [], facts: { claim: 'taken' } };
    const wish = { endpoints: [], nodes: [] };
    const nothing = { binding: { outcome: done(false), problems: [] }, outcome: done(false), sends: [], released: false };
    // Who died may have been told of a change of the Service itself, and so may those who left it to him.
    const whole = fresh || message.whole === true || claim.takenOver;
    return { message, arrived, whole, claim, ledger: ledgerOf(claim), wish, work: [], ...nothing };
  } catch (error) {
    return { outcome: outcomeOf(error, refOf({ message })), sends: [] };
  }
}

/** What time does not cure: somebody has to grant it, and whose Service waits for it is to know. */
const rights: ReadonlySet<string> = new Set(['KUBE-REFUSED', 'CLOUD-FORBIDDEN']);

function missingRights(lane: Lane): readonly Problem[] {
  const outcome = outcomeOfLane(lane);
  const problems = outcome.kind === 'park' ? outcome.problems : [];
  // Of a Pod's gate its own owner is told.
  return problems.filter(({ code, object }) => rights.has(code) && object.kind === 'Service');
}

/** What is told is told once: of the same problems nothing is written until they were over. */
async function tell(lane: Lane, at: Workshop): Promise<void> {
  const problems = [...[lane.binding, ...lane.work].flatMap((one) => one.problems), ...missingRights(lane)];
  const unknown = lane.outcome.kind !== 'done' || lane.work.some(({ state }) => state === 'pending');
  const { told: before, ...ledger } = lane.ledger;
  const told = problems.length === 0 ? undefined : shortHash(problems.map(explainProblem).join());
  if (told !== undefined && told !== before) await tellProblems(problems, at);
  const kept = told ?? (unknown ? before : undefined);
  lane.ledger = { ...ledger, ...(kept === undefined ? {} : { told: kept }) };
}

/**
 * Of several messages that found the same left out one comes back: every change of a Service sends one, and each of them coming back by
 * itself would soon be many.
 */
function comeBackOnce(lane: Lane, at: Workshop): Outcome {
  const outcome = outcomeOfLane(lane);
  const { comesBack: before, ...ledger } = lane.ledger;
  const { told } = ledger;
  const onlyLeftOut =
    lane.outcome.kind === 'done' && [lane.binding, ...lane.work].every((one) => one.outcome.kind === 'done' || one.problems.length > 0);
  if (outcome.kind !== 'park' || told === undefined || !onlyLeftOut) return outcome;
  const now = at.kube.now();
  const isAwaited = before === undefined || before.told !== told || before.at <= now || before.holder === at.holder;
  // By the clock alone the one that was to come could not be told from others: no two instances tell the same time.
  const isAnothers = !isAwaited && !lane.arrived.has(before.attempt);
  const next = { told, at: now + (outcome.afterSeconds ?? 0) * 1000, attempt: lane.message.attempt + 1, holder: at.holder };
  const comesBack = isAnothers ? before : next;
  lane.ledger = { ...ledger, comesBack };
  return isAnothers ? done(false) : outcome;
}

export async function releaseLane(lane: Lane, at: Workshop): Promise<Settlement> {
  const { message, claim } = lane;
  lane.released = true;
  await tell(lane, at);
  const outcome = comeBackOnce(lane, at);
  const empty = Object.keys(groupsOfLane(lane)).length === 0 && outcome.kind === 'done';
  try {
    const { again } = await claim.release(empty ? undefined : fitRecord(lane.ledger));
    // Who left the mark may have had news of the Service itself.
    const repeat: Send = { message: { ...message, whole: true, attempt: 0 }, delaySeconds: 0 };
    // What waits comes back at once anyway; what is parked may take minutes, and somebody has news.
    return { outcome, sends: [...lane.sends, ...(again && outcome.kind !== 'wait' ? [repeat] : [])] };
  } catch (error) {
    return { outcome: outcomeOf(error, refOf(lane)), sends: lane.sends };
  }
}
