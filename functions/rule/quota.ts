/** An ALB holds so many rules: whole Ingresses that do not fit are left out and named, and what fits stays as it is. */
import type { Rule } from '#shared/cloud/alb/port.ts';
import { ownerHash, tagKeys } from '#shared/ownership.ts';
import { fitRules, rulesPerLoadBalancer } from '#shared/plan/quota.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { Scene } from '#shared/step/scene.ts';

/** Rules of a Basic ALB; the figure of the plan is that of the other editions. */
const rulesPerBasic = 40;

export interface Fit {
  /** Owner hashes of Ingresses that keep what they have. */
  readonly over: ReadonlySet<string>;
  readonly problems: readonly Problem[];
  /** Rules that can be added before any goes. */
  readonly room: number;
}

/** `keep`: owners whose rules stay as they are anyway. */
export function fitIngresses(observed: readonly Rule[], keep: ReadonlySet<string>, { stack, site }: Scene): Fit {
  const usual = stack.loadBalancer?.settings.loadBalancerEdition === 'Basic' ? rulesPerBasic : rulesPerLoadBalancer;
  const limit = site.rulesPerLoadBalancer ?? usual;
  const owners = new Map<string, { readonly ref: ObjectRef; wanted: number }>();
  for (const ref of stack.rules.flatMap((rule) => rule.owners)) {
    const owner = ownerHash(ref.namespace, ref.name);
    const known = owners.get(owner) ?? { ref, wanted: 0 };
    if (!keep.has(owner)) owners.set(owner, { ref, wanted: known.wanted + 1 });
  }
  const ownerOf = (rule: Rule): string => rule.tags[tagKeys.owner] ?? '';
  const shares = [...owners].map(([owner, { wanted }]) => ({
    owner,
    wanted,
    observed: observed.filter((rule) => ownerOf(rule) === owner).length,
  }));
  const { over } = fitRules(shares, observed.filter((rule) => keep.has(ownerOf(rule))).length, limit);
  const problems = over.flatMap((owner): readonly Problem[] => {
    const object = owners.get(owner)?.ref;
    return object === undefined ? [] : [{ code: 'QUOTA-RULES', object, facts: { limit: String(limit) } }];
  });
  return { over: new Set(over), problems, room: Math.max(0, limit - observed.length) };
}
