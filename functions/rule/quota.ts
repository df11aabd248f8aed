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
  // A rule counts for the Ingress that it is tagged with; others may have a say in it.
  const owners = new Map<string, { readonly ref: ObjectRef | undefined; wanted: number }>();
  for (const { owners: refs, tags } of stack.rules) {
    const owner = tags[tagKeys.owner] ?? '';
    const ref = refs.find((one) => ownerHash(one.namespace, one.name) === owner) ?? refs[0];
    const known = owners.get(owner) ?? { ref, wanted: 0 };
    if (!keep.has(owner)) owners.set(owner, { ...known, wanted: known.wanted + 1 });
  }
  const counts = new Map<string, number>();
  const ownerOf = (rule: Rule): string => rule.tags[tagKeys.owner] ?? '';
  for (const rule of observed) counts.set(ownerOf(rule), (counts.get(ownerOf(rule)) ?? 0) + 1);
  const shares = [...owners].map(([owner, { wanted }]) => ({ owner, wanted, observed: counts.get(owner) ?? 0 }));
  const { over } = fitRules(shares, observed.filter((rule) => keep.has(ownerOf(rule))).length, limit);
  const problems = over.flatMap((owner): readonly Problem[] => {
    const object = owners.get(owner)?.ref;
    return object === undefined ? [] : [{ code: 'QUOTA-RULES', object, facts: { limit: String(limit) } }];
  });
  return { over: new Set(over), problems, room: Math.max(0, limit - observed.length) };
}
