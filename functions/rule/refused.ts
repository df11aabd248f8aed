/**
 * Rules that the service refuses for what they hold. Such a rule is remembered with its content, its Ingress is told and keeps what it has,
 * and the chain comes to its end without it. It is tried again when it changes, or when the chain is asked again after some time.
 */
import type { RuleAction, RuleCondition } from '#shared/cloud/alb/port.ts';
import type { CloudFailure } from '#shared/cloud/failure.ts';
import type { RuleSpec } from '#shared/model/stack.ts';
import { shortHash, tagKeys } from '#shared/ownership.ts';
import type { Problem } from '#shared/problem.ts';
import type { RefusedRule } from '#shared/step/record.ts';
import { triedAgainAfterMs, whyRefused } from '#shared/step/refusal.ts';
import type { Scene } from '#shared/step/scene.ts';

/** More than an ALB can be made to hold; the record stays bounded, and what is over it is tried again and again, as any failure. */
const mostRemembered = 200;

interface Contents {
  readonly ruleConditions: readonly RuleCondition[];
  readonly ruleActions: readonly RuleAction[];
}

/** Of what the service judges by content, wherever the rule stands. */
export const contentOf = (rules: readonly Contents[]): string =>
  shortHash(JSON.stringify(rules.map((rule) => [rule.ruleConditions, rule.ruleActions])));

/** `a.example.com/tea`, for the person who has to find it in the Ingress. */
function placeOf({ conditions }: RuleSpec): string {
  const hosts = conditions.flatMap((one) => (one.type === 'Host' ? one.hostConfig.values : []));
  const paths = conditions.flatMap((one) => (one.type === 'Path' ? one.pathConfig.values : []));
  return `${hosts.slice(0, 1).join('') || 'any host'} ${paths.slice(0, 1).join('') || 'any path'}`;
}

/** What the owners of a refused rule are told. A group that is not there is theirs to name rightly: ours were looked for before. */
export function problemsOf(failure: CloudFailure, spec: RuleSpec): readonly Problem[] {
  const why = whyRefused(failure, `rule ${placeOf(spec)}`);
  return spec.owners.map((object) => ({ ...why, object }));
}

/** Remembers a refusal. False: there is no room for more. */
export function rememberRefusal(identity: string, refused: RefusedRule, scene: Scene): boolean {
  const known = scene.ledger.refused ?? {};
  if (known[identity] === undefined && Object.keys(known).length >= mostRemembered) return false;
  scene.remember((ledger) => ({ ...ledger, refused: { ...ledger.refused, [identity]: refused } }));
  return true;
}

export interface Refusals {
  /** Owner hashes of Ingresses that keep what they have. */
  readonly owners: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Which refusals still count. The others are forgotten: the rule is gone or holds something else, or it is time to try it again. */
export function standingRefusals(wanted: readonly { readonly spec: RuleSpec; readonly settings: Contents }[], scene: Scene): Refusals {
  const known = scene.ledger.refused;
  if (known === undefined) return { owners: new Set(), problems: [] };
  const stand = wanted.flatMap(({ spec, settings }) => {
    const refused = known[spec.identity];
    const counts = refused?.content === contentOf([settings]) && scene.now() - refused.at < triedAgainAfterMs;
    return counts ? [{ spec, refused }] : [];
  });
  scene.remember(({ refused: _former, ...ledger }) =>
    stand.length === 0 ? ledger : { ...ledger, refused: Object.fromEntries(stand.map(({ spec, refused }) => [spec.identity, refused])) },
  );
  return {
    owners: new Set(stand.map(({ spec }) => spec.tags[tagKeys.owner] ?? '')),
    problems: stand.flatMap(({ refused }) => refused.problems),
  };
}
