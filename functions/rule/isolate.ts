/**
 * A batch that the service refuses for what is in it is halved until the guilty rule stands alone. Halves are tried from the front, because
 * rules must come in their order; the first that is accepted makes the listener busy, and the rest goes on with the next message. What is
 * known by then of the rest (so many from its front were refused together) is remembered, so that no refusal has to be asked for twice.
 *
 * One guilty rule among n costs about log2(n) + 3 writes: the batch, one for each halving, the rule alone, and what comes after it.
 */
import type { RuleSettings } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import type { RuleSpec } from '#shared/model/stack.ts';
import { tagKeys } from '#shared/ownership.ts';
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
  spec?.actions.some(
    (action) =>
      (action.type === 'ForwardGroup' || action.type === 'TrafficMirror') &&
      action.groups.some(({ serverGroupId }) => serverGroupId !== undefined),
  ) === true;

/** Whether a rule among the items is to blame, and not the moment, our memory or the ALB. */
function isAboutContent({ failure, facts }: CloudFailure, items: readonly Item<RuleSettings>[]): boolean {
  const code = facts['code'] ?? '';
  if (failure === 'quota') return quotasOfContent.test(code);
  // One of our own groups that is gone proves the record wrong, which the runtime sees to.
  if (failure === 'not-found') return code === 'ResourceNotFound.ServerGroup' && items.some(namesForeignGroup);
  return failure === 'invalid' && !ofTheCall.test(code);
}

const ownerOf = <R extends RuleSettings>({ spec }: Item<R>): string => spec?.tags[tagKeys.owner] ?? '';

const contents = (items: readonly Item<RuleSettings>[]): string => contentOf(items.map(({ rule }) => rule));

export interface Suspicion {
  readonly count: number;
  readonly content: string;
}

export interface Isolation<R extends RuleSettings> {
  readonly items: readonly Item<R>[];
  /** From an earlier run. */
  readonly suspects: Suspicion | undefined;
  send(rules: readonly R[]): Promise<void>;
  /** A rule stands convicted. */
  convict(item: Item<R>, failure: CloudFailure): void;
  /** What is known now of the rest; `undefined`: nothing. */
  suspect(suspects: Suspicion | undefined): void;
}

/** How many from the front are known to be refused together. */
const known = ({ items, suspects }: Isolation<RuleSettings>): number =>
  suspects !== undefined && suspects.count <= items.length && contents(items.slice(0, suspects.count)) === suspects.content
    ? suspects.count
    : 0;

/** What to try next: everything, or half of what is known to hold a guilty one. */
const sizeOf = (suspected: number, rest: number): number => (suspected === 0 ? rest : Math.ceil(suspected / 2));

async function refusalOf(send: () => Promise<void>): Promise<CloudFailure | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    if (error instanceof CloudFailure) return error;
    throw error;
  }
}

/** Sends a batch, or as much of it as goes through first. True: all of it was accepted, at once and whole. */
export async function sendIsolating<R extends RuleSettings>(isolation: Isolation<R>): Promise<boolean> {
  let rest = isolation.items;
  let suspected = known(isolation);
  let convictions = 0;
  for (let refusals = 0; rest.length > 0 && refusals < mostRefusals; refusals += 1) {
    const tried = rest.slice(0, sizeOf(suspected, rest.length));
    const refusal = await refusalOf(() => isolation.send(tried.map(({ rule }) => rule)));
    if (refusal === undefined) {
      rest = rest.slice(tried.length);
      suspected = Math.max(0, suspected - tried.length);
      break;
    }
    if (!isAboutContent(refusal, tried)) throw refusal;
    const [first] = tried;
    if (tried.length === 1 && first !== undefined) {
      isolation.convict(first, refusal);
      // Its Ingress keeps what it has: nothing else of it is made either.
      rest = rest.slice(1).filter((item) => ownerOf(item) !== ownerOf(first));
      convictions += 1;
      // The guilty come in crowds (one group that many name, one quota): from the second on each is tried by itself first.
      suspected = convictions > 1 ? Math.min(1, rest.length) : 0;
    } else suspected = tried.length;
  }
  isolation.suspect(suspected === 0 ? undefined : { count: suspected, content: contents(rest.slice(0, suspected)) });
  return rest.length === 0;
}
