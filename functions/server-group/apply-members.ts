/** Writes to one group: the next call of its plan. */
import type { Server, Started } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { wantedServers } from '#shared/model/wanted-servers.ts';
import { shortHash } from '#shared/ownership.ts';
import { type MemberOperation, planMembers, serverKey } from '#shared/plan/members.ts';
import { forgetRecord } from '#shared/step/forget-record.ts';
import { guardWrites } from '#shared/step/guard.ts';
import { done, type Outcome, wait } from '#shared/step/outcome.ts';
import type { GroupMembers } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { asRemembered, type GroupWork } from './group-work.ts';
import { type Lane, refOf, remember } from './lane.ts';
import { type FoundIds, type Resolved, resolve } from './look-ups.ts';
import { readMembersWish } from './members-wish.ts';
import { tellProblems, unresolvedProblems } from './tell-members.ts';

export interface Question {
  readonly lane: Lane;
  readonly work: GroupWork;
  readonly found: FoundIds;
  readonly at: Workshop;
}

/** The servers there will be when the operation has succeeded. */
function after(observed: readonly Server[], operation: MemberOperation): readonly Server[] {
  const [added, removed] =
    operation.kind === 'replace'
      ? [operation.added, operation.removed]
      : [operation.kind === 'remove' ? [] : operation.servers, operation.kind === 'add' ? [] : operation.servers];
  const gone = new Set([...added, ...removed].map(serverKey));
  return [...observed.filter((one) => !gone.has(serverKey(one))), ...added];
}

async function call({ lane, work: { group }, at }: Question, operation: MemberOperation): Promise<Started> {
  const covers = (ms: number): boolean => lane.claim.covers(ms) && at.hasTime(ms);
  const alb = guardWrites(at.cloud.alb, at.callMs, covers);
  // Every claim has its own epoch, so add, remove, add again never replays an old answer; a record that was lost begins another life.
  const { life, epoch } = lane.claim.record;
  const token = `${shortHash(`${group}|${life}`)}-${epoch}-${shortHash(JSON.stringify(operation))}`;
  if (operation.kind === 'replace') return alb.replaceServers(group, operation.added, operation.removed, token);
  if (operation.kind === 'add') return alb.addServers(group, operation.servers, token);
  if (operation.kind === 'remove') return alb.removeServers(group, operation.servers, token);
  return alb.updateServers(group, operation.servers, token);
}

/** From some to none only after an immediate second, quorum read. */
async function stillEmpty({ lane, work, at }: Question): Promise<boolean> {
  const wish = await readMembersWish(lane.message.key, [work.facts], at);
  return wantedServers(work.facts, { ...lane.wish, ...wish }).length === 0;
}

/** What is remembered beside the servers. */
function factsOf({ lane, work }: Question): GroupMembers {
  const { doubtedAt } = work.facts;
  const { registered } = lane.ledger.members[work.group] ?? {};
  return {
    wanted: work.wanted.length,
    ...(registered === undefined ? {} : { registered }),
    ...(doubtedAt === undefined ? {} : { doubtedAt }),
  };
}

/** Nothing is left to write: what is there is remembered, and what could not be found is told. */
async function conclude(question: Question, { without }: Resolved): Promise<Outcome> {
  const { lane, work, at } = question;
  // A server that drains is on its way out whatever we do; the others may belong to a job that we do not know (its answer was lost).
  const staying = work.observed.filter((one) => one.status !== 'Removing');
  if (staying.some((one) => one.status !== 'Available')) return wait(1, 'servers are still changing');
  const servers = staying.map(asRemembered);
  remember(lane, work.group, { ...factsOf(question), servers, registered: servers.length, digest: work.digest });
  const problems = unresolvedProblems(refOf(lane), without);
  if (problems.length === 0) return done(false);
  await tellProblems(problems, at);
  return { kind: 'park', because: 'not every address is known to the cloud', problems };
}

/** Brings one group one call further. */
export async function applyGroup(question: Question): Promise<Outcome> {
  const { lane, work } = question;
  const resolved = resolve(work, question.found);
  const plan = planMembers({ wanted: resolved.servers, observed: work.observed });
  const [operation] = plan.operations;
  if (operation === undefined && plan.waiting.length > 0) return wait(1, `${plan.waiting.length} server(s) still changing`);
  if (operation === undefined) return conclude(question, resolved);
  if (plan.empties && !(await stillEmpty(question))) return wait(1, 'endpoints came back while they were looked at');
  const facts = factsOf(question);
  // Until the answer is here nothing is known of the servers.
  remember(lane, work.group, facts);
  try {
    const { jobId } = await call(question, operation);
    const next = after(work.observed, operation);
    remember(lane, work.group, { ...facts, jobId, next: next.map(asRemembered) });
    work.state = 'pending';
    return done(true);
  } catch (error) {
    if (error instanceof CloudFailure && error.failure === 'not-found') await reportGone(question);
    throw error;
  }
}

/** The group that the chain told us of is not there: the chain must look again. */
async function reportGone({ lane, work, at }: Question): Promise<void> {
  const key = { kind: 'AlbConfig', cluster: at.site.cluster, name: work.facts.albConfig } as const;
  lane.sends = [...lane.sends, ...(await forgetRecord(key, at))];
}
