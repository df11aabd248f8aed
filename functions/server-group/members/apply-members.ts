/** Writes to one group: the next call of its plan. */
import type { Server } from '#shared/cloud/alb/port.ts';
import { wantedServers } from '#shared/model/wanted-servers.ts';
import { addedBy, isRemoving, type MemberOperation, type MemberPlan, planMembers, serverKey } from '#shared/plan/members.ts';
import { doublingSeconds } from '#shared/step/backoff.ts';
import { forgetRecord } from '#shared/step/forget-record.ts';
import { done, type Outcome, wait } from '#shared/step/outcome.ts';
import type { GroupMembers } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { letGo } from './bound-group.ts';
import { asRemembered, type GroupWork, isGone } from './group-work.ts';
import { type Lane, refOf, remember } from './lane.ts';
import type { FoundIds } from './look-ups.ts';
import { readMembersWish } from './members-wish.ts';
import { after, callFor } from './operation-call.ts';
import { cut } from './refused-servers.ts';
import { leftOutProblems, unresolvedProblems } from './tell-members.ts';
import { isSomethingToGo, type Wanted, wantedOf } from './wanted-members.ts';

/** Seconds, at least and at most, before somebody looks again at a server that comes back while it drains: it can be added when it is gone. */
const drainSeconds = [3, 30] as const;

export interface Question {
  readonly lane: Lane;
  readonly work: GroupWork;
  readonly found: FoundIds;
  readonly at: Workshop;
}

/** From some to none only after an immediate second, quorum read. */
async function stillEmpty({ lane, work, at }: Question): Promise<boolean> {
  const wish = await readMembersWish(lane.message.key, [work.facts], at);
  return wantedServers(work.facts, { ...lane.wish, ...wish }).length === 0;
}

/** What is remembered beside the servers. */
function factsOf({ lane, work }: Pick<Question, 'lane' | 'work'>, servers: readonly Server[]): GroupMembers {
  const { doubtedAt } = work.facts;
  const { registered } = lane.ledger.members[work.group] ?? {};
  const refused = work.refusals.remembered(new Set(servers.map(serverKey)));
  return {
    wanted: work.wanted.length,
    ...(registered === undefined ? {} : { registered }),
    ...(doubtedAt === undefined ? {} : { doubtedAt }),
    ...(refused === undefined ? {} : { refused }),
  };
}

/** Nothing is left to write: what is there is remembered, and what is left out is told. */
async function conclude(question: Question, { resolved, chosen, omitted }: Wanted): Promise<Outcome> {
  const { lane, work, at } = question;
  // A server that drains is on its way out whatever we do; the others may belong to a job that we do not know (its answer was lost).
  const staying = work.observed.filter((one) => !isRemoving(one));
  if (staying.some((one) => one.status !== 'Available')) return wait(1, 'servers are still changing');
  const servers = staying.map(asRemembered);
  const digest = resolved.unasked ? {} : { digest: work.digest };
  remember(lane, work.group, { ...factsOf(question, chosen.servers), servers, registered: servers.length, ...digest });
  const left = chosen.servers.filter((one) => omitted.has(serverKey(one)));
  work.problems = [
    ...unresolvedProblems(refOf(lane), resolved.without),
    ...leftOutProblems(refOf(lane), work, { refused: left, beyond: chosen.beyond }),
  ];
  if (work.leaving && servers.length === 0) await letGo(lane, work.group, at);
  if (work.problems.length === 0) return done(false);
  const { dueAt } = work.refusals;
  const afterSeconds = Math.max(doublingSeconds(lane.message.attempt), dueAt === undefined ? 0 : Math.ceil((dueAt - at.kube.now()) / 1000));
  return { kind: 'park', because: 'not everything that is wanted is a server', problems: work.problems, afterSeconds };
}

/** Makes a call. What the service says against what it brings is learnt; then `refused`. */
async function send(question: Question, operation: MemberOperation, servers: readonly Server[]): Promise<'sent' | 'refused' | 'gone'> {
  const { lane, work } = question;
  // Until the answer is here nothing is known of the servers.
  const before = lane.ledger.members[work.group];
  remember(lane, work.group, factsOf(question, servers));
  try {
    const { jobId } = await callFor(operation, work.group, lane, question.at);
    work.refusals.accepted(operation);
    const next = after(work.observed, operation);
    remember(lane, work.group, { ...factsOf(question, servers), jobId, next: next.map(asRemembered) });
    work.state = 'pending';
    return 'sent';
  } catch (error) {
    const leaving = isSomethingToGo(work, servers);
    if (work.refusals.learn(error, operation, { listed: work.listed, leaving })) {
      // Refused whole: nothing was changed.
      remember(lane, work.group, before);
      return 'refused';
    }
    if (!isGone(error)) throw error;
    if (work.mark === undefined) {
      await reportGone(question);
      throw error;
    }
    return 'gone';
  }
}

/** Draining may take minutes: half as long as it has taken by now. */
function awaitDrained({ lane, work, at }: Question, { waiting }: MemberPlan, servers: readonly Server[]): Outcome {
  const now = Math.floor(at.kube.now());
  const drainsSince = lane.ledger.members[work.group]?.drainsSince ?? now;
  remember(lane, work.group, { ...factsOf({ lane, work }, servers), drainsSince });
  const [least, most] = drainSeconds;
  return wait(Math.min(most, Math.max(least, Math.ceil((now - drainsSince) / 2000))), `${waiting.length} server(s) still changing`);
}

/** Why no call is made now; `undefined`: one may be. */
async function withoutCall(question: Question, plan: MemberPlan, wanted: Wanted): Promise<Outcome | undefined> {
  const { work } = question;
  if (plan.operations.length === 0) {
    return plan.waiting.length > 0 ? awaitDrained(question, plan, wanted.chosen.servers) : conclude(question, wanted);
  }
  if (!plan.empties || work.leaving) return undefined;
  // No address may be known to the cloud for a moment: then nothing is wanted that could be there, but nothing is unwanted either.
  if (work.wanted.length > 0) return conclude(question, wanted);
  return (await stillEmpty(question)) ? undefined : wait(1, 'endpoints came back while they were looked at');
}

/** Brings one group one call further. */
export async function applyGroup(question: Question): Promise<Outcome> {
  const { work } = question;
  for (;;) {
    const wanted = wantedOf(work, question.found);
    const { chosen, omitted } = wanted;
    const { tight } = work.refusals;
    const plan = planMembers({ wanted: chosen.servers, observed: work.observed, omitted, tight });
    const outcome = await withoutCall(question, plan, wanted);
    const [operation] = plan.operations;
    if (outcome !== undefined || operation === undefined) return outcome ?? done(false);
    const part = cut(operation, work.refusals.sizeOf(addedBy(operation).length));
    const answer = await send(question, part, chosen.servers);
    if (answer === 'sent') return done(true);
    if (answer === 'gone') return boundGroupGone(question);
  }
}

/** Whoever made the group that the Service is bound to has taken it away. */
async function boundGroupGone({ lane, work, at }: Question): Promise<Outcome> {
  if (work.leaving) {
    await letGo(lane, work.group, at);
    return done(false);
  }
  work.problems = [{ code: 'BOUND-GROUP-MISSING', object: refOf(lane), facts: { group: work.group } }];
  const afterSeconds = doublingSeconds(lane.message.attempt);
  return { kind: 'park', because: 'the group is not there', problems: work.problems, afterSeconds };
}

/** The group that the chain told us of is not there: the chain must look again. */
async function reportGone({ lane, work, at }: Question): Promise<void> {
  const key = { kind: 'AlbConfig', cluster: at.site.cluster, name: work.facts.albConfig } as const;
  lane.sends = [...lane.sends, ...(await forgetRecord(key, at))];
}
