/** Forwarding rules: identified by what they match, never by UID or position, so that an insert before others leaves them alone. */
import type { RuleCondition, RuleDirection, Tags } from '#shared/cloud/alb/port.ts';
import { albConfigTags, ownerHash, shortHash, tagKeys } from '#shared/ownership.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { problemOf } from './object-ref.ts';
import { splitConditions } from './split-conditions.ts';
import type { ListenerIdentity, RuleActionSpec, RuleIdentity, RuleSpec } from './stack.ts';
import type { WrittenRoute } from './written-route.ts';

/** One path (or the default backend) of an Ingress on one listener, ready to become a rule, or several where it is too much for one. */
export interface RuleDraft {
  readonly written: WrittenRoute;
  readonly direction: RuleDirection;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly RuleActionSpec[];
  /** The Ingress first, then those that have a say in its rule. */
  readonly owners: readonly ObjectRef[];
  readonly actionsHeld?: true;
}

export interface RuleSite {
  readonly cluster: string;
  readonly albConfig: string;
  readonly ingress: ObjectRef;
}

/** Rules are told apart by their part only where there are several, so that a path keeps its rule when nothing needs to be split. */
function identityOf(site: RuleSite, listener: ListenerIdentity, draft: RuleDraft, ordinal: number, part: number): RuleIdentity {
  const { host, type, path } = draft.written;
  const content = [site.ingress.namespace, site.ingress.name, listener, draft.direction, host, type, path, ordinal];
  return shortHash([...content, ...(part === 0 ? [] : [`part ${part}`])].join('\n'));
}

const tagsOf = (site: RuleSite, identity: RuleIdentity): Tags => ({
  ...albConfigTags(site.cluster, site.albConfig),
  [tagKeys.identity]: identity,
  [tagKeys.owner]: ownerHash(site.ingress.namespace, site.ingress.name),
});

const sameMatch = (a: RuleDraft, b: RuleDraft): boolean =>
  a.direction === b.direction &&
  a.written.host === b.written.host &&
  a.written.type === b.written.type &&
  a.written.path === b.written.path;

export interface BuiltRules {
  readonly rules: readonly RuleSpec[];
  readonly problems: readonly Problem[];
}

/** The rules of one Ingress on one listener, in the order of its paths. */
export function buildRules(drafts: readonly RuleDraft[], listener: ListenerIdentity, site: RuleSite): BuiltRules {
  const built = drafts.map((draft, index): BuiltRules => {
    const { written, conditions, actions, direction, owners, actionsHeld } = draft;
    const { parts, excess } = splitConditions(conditions, actions);
    if (parts === undefined)
      return { rules: [], problems: [problemOf('RULE-LIMIT', site.ingress, { path: written.path, ...excess }, written.at)] };
    const ordinal = drafts.slice(0, index).filter((one) => sameMatch(one, draft)).length;
    const rules = parts.map((part, number): RuleSpec => {
      const identity = identityOf(site, listener, draft, ordinal, number);
      const held = actionsHeld === undefined ? {} : { actionsHeld };
      return { identity, owners, tags: tagsOf(site, identity), listener, direction, conditions: part, actions, ...held };
    });
    return { rules, problems: [] };
  });
  return { rules: built.flatMap((one) => one.rules), problems: built.flatMap((one) => one.problems) };
}

/** Limit of RuleName. */
const nameLimit = 128;

/** `shop-cafe-3f2a9c…`: says whose rule it is, and stays when its priority changes. Begins with a letter, as ALB wants. */
export function ruleName(rule: Pick<RuleSpec, 'identity' | 'owners'>): string {
  const owner = rule.owners[0];
  const text = `${owner?.namespace ?? ''}-${owner?.name ?? ''}`;
  const named = /^[a-z]/i.test(text) ? text : `k8s-${text}`;
  return `${named.slice(0, nameLimit - rule.identity.length - 1)}-${rule.identity}`;
}
