/**
 * The conditions of `conditions.<service>` together with those of host and path, as the existing controllers merge them: values of one type
 * are alternatives however many blocks they are written in (so they widen a rule); headers, cookies and query parameters narrow it block by
 * block.
 */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';

type Merged = Extract<RuleCondition['type'], 'Host' | 'Path' | 'Method' | 'SourceIp' | 'ResponseStatusCode'>;

/** Types of which a rule has one condition with all values; how to take one apart and to make one. */
const merged: { readonly [T in Merged]: (values: readonly string[]) => Extract<RuleCondition, { readonly type: T }> } = {
  Host: (values) => ({ type: 'Host', hostConfig: { values } }),
  Path: (values) => ({ type: 'Path', pathConfig: { values } }),
  Method: (values) => ({ type: 'Method', methodConfig: { values } }),
  SourceIp: (values) => ({ type: 'SourceIp', sourceIpConfig: { values } }),
  ResponseStatusCode: (values) => ({ type: 'ResponseStatusCode', responseStatusCodeConfig: { values } }),
};

/** The types in the order in which their conditions stand in a rule. */
const mergedTypes = Object.keys(merged) as readonly Merged[]; // the table's own keys

type MergedCondition = Extract<RuleCondition, { readonly type: Merged }>;

const isMerged = (condition: RuleCondition): condition is MergedCondition => condition.type in merged;

function valuesOf(condition: MergedCondition): readonly string[] {
  switch (condition.type) {
    case 'Host':
      return condition.hostConfig.values;
    case 'Path':
      return condition.pathConfig.values;
    case 'Method':
      return condition.methodConfig.values;
    case 'SourceIp':
      return condition.sourceIpConfig.values;
    case 'ResponseStatusCode':
      return condition.responseStatusCodeConfig.values;
  }
}

/** One condition a type for the types above, each value once; the other conditions follow as they are. */
export function mergeConditions(own: readonly RuleCondition[], custom: readonly RuleCondition[]): readonly RuleCondition[] {
  if (custom.length === 0) return own; // one of host and one of path at most, each value once
  const all = [...own, ...custom];
  const alternatives = mergedTypes.flatMap((type): readonly RuleCondition[] => {
    const values = all.filter(isMerged).flatMap((one) => (one.type === type ? valuesOf(one) : []));
    return values.length === 0 ? [] : [merged[type]([...new Set(values)])];
  });
  return [...alternatives, ...all.filter((one) => !isMerged(one))];
}
