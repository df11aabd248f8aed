/** What fits under the quota of rules stays as it is; whole Ingresses that do not fit are named, none is served by half. */

/** Rules of a Standard ALB, default rules not counted; an account may have more. */
export const rulesPerLoadBalancer = 100;

/** The rules of one Ingress over all listeners of the ALB. */
export interface RuleShare {
  /** Owner hash. */
  readonly owner: string;
  readonly wanted: number;
  readonly observed: number;
}

export interface Fitting {
  /** Owners whose new rules do not fit: they keep what they have, as if they were held. */
  readonly over: readonly string[];
  /** Rules on the ALB when the plan is carried out. */
  readonly total: number;
}

/** Who fits, in the order given: those that do not grow always do; the others as long as there is room. `kept`: rules of held Ingresses. */
export function fitRules(shares: readonly RuleShare[], kept: number, limit: number): Fitting {
  let total = shares.reduce((sum, share) => sum + Math.min(share.wanted, share.observed), kept);
  const over: string[] = [];
  for (const { owner, wanted, observed } of shares) {
    const growth = Math.max(0, wanted - observed);
    if (growth > 0 && total + growth > limit) over.push(owner);
    else total += growth;
  }
  return { over, total };
}
