/** When a path matches: what it says itself and what `conditions.<service>` adds, checked for what ALB would refuse. */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { CustomRule } from './annotations/custom.ts';
import { rewriteTarget } from './annotations/routing.ts';
import { conditionRefusal, orEveryPath, ownConditions } from './build-conditions.ts';
import { mergeConditions } from './merge-conditions.ts';
import { problemOf } from './object-ref.ts';
import { groupCount, highestGroup } from './path-expression.ts';
import type { RoutingSettings } from './routing-settings.ts';
import { valuesOf } from './rule-limits.ts';
import type { WrittenRoute } from './written-route.ts';

export interface RouteConditions {
  /** Absent: something in them is wrong. */
  readonly conditions?: readonly RuleCondition[];
  /** How many groups the path has that a rewrite may name. */
  readonly captures: number;
  readonly problems: readonly Problem[];
}

/** Whether the annotations make this path an expression: `use-regex`, or a rewrite to something else than the path itself. */
const asExpressions = ({ useRegex, rewriteTarget: target }: RoutingSettings, path: string): boolean =>
  useRegex || (target !== '' && target !== path);

/** Groups of the path as it is written, all of which a template may name; the least of its values, where it has several. */
function capturesOf(own: readonly RuleCondition[]): number {
  const values = own.filter((one) => one.type === 'Path').flatMap(valuesOf);
  return Math.min(...(values.length === 0 ? [0] : values.map((value) => (typeof value === 'string' ? groupCount(value) : 0))));
}

/** A template that names groups which the path does not have would be carried out with nothing in their place. */
export function rewriteProblems(ingress: ObjectRef, route: WrittenRoute, target: string, captures: number): readonly Problem[] {
  if (highestGroup(target) <= captures) return [];
  const allowed =
    captures === 0 ? `no groups, because path ${route.path} has none` : `groups up to \${${captures}}, as path ${route.path} has`;
  return [problemOf('ANNOTATION-INVALID', ingress, { annotation: rewriteTarget.keys[0], value: target, allowed }, route.at)];
}

/** The conditions of one path, the same on each of its listeners. */
export function routeConditions(route: WrittenRoute, settings: RoutingSettings, custom: CustomRule, ingress: ObjectRef): RouteConditions {
  const own = ownConditions({ ...route, asExpressions: asExpressions(settings, route.path) });
  if (own.refusal !== undefined) {
    return { captures: 0, problems: [problemOf(own.refusal.code, ingress, own.refusal.facts, route.at)] };
  }
  const captures = capturesOf(own.conditions);
  const refusals = (custom.conditions ?? []).flatMap((one) => conditionRefusal(one) ?? []);
  const problems = [
    ...refusals.map(({ code, facts }) => problemOf(code, ingress, facts, route.at)),
    ...(custom.direction === 'Response' ? [] : rewriteProblems(ingress, route, settings.rewriteTarget, captures)),
  ];
  if (problems.length > 0) return { captures, problems };
  return { captures, conditions: orEveryPath(mergeConditions(own.conditions, custom.conditions ?? [])), problems };
}
