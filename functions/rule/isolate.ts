/**
 * A batch that the service refuses for what is in it is halved until the guilty rule stands alone. Halves are tried from the front, because
 * rules must come in their order; the first that is accepted makes the listener busy, and the rest goes on with the next message. What is
 * known by then of the rest (so many from its front were refused together) is remembered, so that no refusal has to be asked for twice.
 *
 * A batch that is accepted and whose job fails is halved in the same way, a message for each half. But a job may fail by chance: the whole
 * of it is tried once more before it is halved, and so is a rule alone before it is convicted.
 *
 * One guilty rule among n costs about log2(n) + 3 writes: the batch, one for each halving, the rule alone, and what comes after it. Where
 * jobs fail it is two more, and after each a call that clears away what could not be made.
 */
import type { RuleSettings } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { groupRefsOf, type RuleSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
import type { Suspects } from '#shared/step/record.ts';
import { contentOf } from './refused.ts';

/** A rule of a batch, and whose it is. */
export interface Item<R extends RuleSettings> {
  readonly rule: R;
  /** Absent: it belongs to nothing that is wanted. */
  readonly spec: RuleSpec | undefined;
}

/** Refusals that are asked for in one run, at most: a run has a time limit, and what it learnt is not lost. */
const mostRefusals = 20;

/** Quotas that count what one rule holds or refers to; those that count rules are the ALB's. */
const quotasOfContent = /^QuotaExceeded\.Rule|\.(ServerGroupAttachedNum|LoadBalancerServersNum|ServerAddedNum)$/;

/** What no other rule would make better. */
const ofTheCall = /^InvalidAction|\.ListenerId$/;

const namesForeignGroup = ({ spec }: Item<RuleSettings>): boolean =>
  groupRefsOf(spec?.actions ?? []).some(({ serverGroupId }) => serverGroupId !== undefined);

/** Whether a rule among the items is to blame, and not the moment, our memory or the ALB. */
function isAboutContent({ failure, facts }: CloudFailure, items: readonly Item<RuleSettings>[]): boolean {
  const code = facts['code'] ?? '';
  if (failure === 'quota') return quotasOfContent.test(code);
  // One of our own groups that is gone proves the record wrong, which the runtime sees to.
  if (failure === 'not-found') return code === 'ResourceNotFound.ServerGroup' && items.some(namesForeignGroup);
  return failure === 'invalid' && !ofTheCall.test(code);
}

/** Owner hash; empty for what belongs to nothing that is wanted. */
export const ownerOfItem = ({ spec }: Item<RuleSettings>): string => spec?.tags[tagKeys.owner] ?? '';

const contents = (items: readonly Item<RuleSettings>[]): string => contentOf(items.map(({ rule }) => rule));

export interface Isolation<R extends RuleSettings> {
  readonly items: readonly Item<R>[];
  /** From an earlier run. */
  readonly suspects: Suspects | undefined;
  /** `failures`: of jobs that are known to have failed for these rules, together or as part of more. */
  send(rules: readonly R[], failures: number): Promise<void>;
  /** A rule stands convicted. */
  convict(item: Item<R>, failure: CloudFailure): void;
  /** What is known now of the rest; `undefined`: nothing. */
  suspect(suspects: Suspects | undefined): void;
}

/** What is known of the rules at the front: so many were refused together, or a job for them failed. */
type Known = Pick<Suspects, 'count' | 'job'>;

const nothingKnown: Known = { count: 0 };

const known = ({ items, suspects }: Isolation<RuleSettings>): Known =>
  suspects !== undefined && suspects.count <= items.length && contents(items.slice(0, suspects.count)) === suspects.content
    ? suspects
    : nothingKnown;

/** One job that fails may fail by chance: what it was for is tried once more before anything is made of it. */
const mayBeChance = ({ job }: Known): boolean => job?.failures === 1;

/** What to try next: everything, the same once more, or half of what is known to hold a guilty one. */
function sizeOf(suspected: Known, rest: number): number {
  if (suspected.count === 0) return rest;
  return mayBeChance(suspected) ? suspected.count : Math.ceil(suspected.count / 2);
}

/** Of a part of what is known to hold a guilty one, the first failure is believed, since it convicts nobody; but not of a rule alone. */
const failuresBefore = (suspected: Known, tried: number): number => (mayBeChance(suspected) || (suspected.count > 0 && tried > 1) ? 1 : 0);

/** Why the one rule that is suspected is convicted by its jobs; `undefined`: it is not. */
function convictedBy({ count, job }: Known): CloudFailure | undefined {
  if (count !== 1 || job === undefined || job.failures < 2) return undefined;
  const { code, detail } = job;
  return new CloudFailure(quotasOfContent.test(code) ? 'quota' : 'invalid', { action: 'the job for it', code, detail, requestId: '' });
}

/** Sends them, unless their jobs have said enough. Throws what is no refusal of what they hold. */
async function refusalOf<R extends RuleSettings>(
  isolation: Isolation<R>,
  tried: readonly Item<R>[],
  suspected: Known,
): Promise<CloudFailure | undefined> {
  const convicted = convictedBy(suspected);
  if (convicted !== undefined) return convicted;
  try {
    await isolation.send(
      tried.map(({ rule }) => rule),
      failuresBefore(suspected, tried.length),
    );
    return undefined;
  } catch (error) {
    if (error instanceof CloudFailure && isAboutContent(error, tried)) return error;
    throw error;
  }
}

/** What is left of a batch, and what is known of its front. */
interface Rest<R extends RuleSettings> {
  readonly items: readonly Item<R>[];
  readonly suspected: Known;
  readonly convictions: number;
}

/** What is left after the front was refused. */
function afterRefusal<R extends RuleSettings>({ items, convictions }: Rest<R>, tried: readonly Item<R>[]): Rest<R> {
  const [first] = tried;
  if (tried.length > 1 || first === undefined) return { items, suspected: { count: tried.length }, convictions };
  // Its Ingress keeps what it has: nothing else of it is made either.
  const others = items.slice(1).filter((item) => ownerOfItem(item) !== ownerOfItem(first));
  // The guilty come in crowds (one group that many name, one quota): from the second on each is tried by itself first.
  const count = convictions > 0 ? Math.min(1, others.length) : 0;
  return { items: others, suspected: { count }, convictions: convictions + 1 };
}

/** Sends a batch, or as much of it as goes through first. True: all of it was accepted, at once and whole. */
export async function sendIsolating<R extends RuleSettings>(isolation: Isolation<R>): Promise<boolean> {
  let rest: Rest<R> = { items: isolation.items, suspected: known(isolation), convictions: 0 };
  try {
    for (let refusals = 0; rest.items.length > 0 && refusals < mostRefusals; refusals += 1) {
      const { items, suspected } = rest;
      const tried = items.slice(0, sizeOf(suspected, items.length));
      const refusal = await refusalOf(isolation, tried, suspected);
      if (refusal === undefined) {
        rest = { ...rest, items: items.slice(tried.length), suspected: { count: Math.max(0, suspected.count - tried.length) } };
        break;
      }
      const [first] = tried;
      if (tried.length === 1 && first !== undefined) isolation.convict(first, refusal);
      rest = afterRefusal(rest, tried);
    }
    return rest.items.length === 0;
  } finally {
    // Also when the service had enough of us: what is known by then need not be asked for again, or few calls would never get anywhere.
    const { items, suspected } = rest;
    isolation.suspect(suspected.count === 0 ? undefined : { ...suspected, content: contents(items.slice(0, suspected.count)) });
  }
}
