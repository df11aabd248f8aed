/** Why a canary cannot have the share of a stable rule that it asks for. */
import { type ObjectRef, type Problem, refText } from '#shared/problem.ts';
import { actionsKey } from './action-conflicts.ts';
import { canary as canaryRows } from './annotations/canary.ts';
import { backendProtocol } from './annotations/routing.ts';
import { wholeWeight } from './build-actions.ts';
import type { Twin, Twins } from './canary.ts';
import { type IngressDraft, isHolding } from './draft-ingress.ts';
import type { Placed, Route } from './draft-route.ts';
import { problemOf } from './object-ref.ts';
import { limits } from './rule-limits.ts';
import { groupRefsOf, type ListenerIdentity, type RuleActionSpec, type ServerGroupSpec } from './stack.ts';
import { hostText } from './written-route.ts';

/** What a canary takes of a rule, in percent. */
export interface Share {
  readonly owner: ObjectRef;
  readonly group: ServerGroupSpec;
  readonly weight: number;
}

/** Rules that redirect to HTTPS have nothing to share. */
const forwards = (actions: readonly RuleActionSpec[]): boolean => actions.some((one) => one.type === 'ForwardGroup');

const conflict = (draft: IngressDraft, route: Route, second: string, detail: string): Problem =>
  problemOf('ANNOTATION-CONFLICT', draft.ref, { first: canaryRows.weight.keys[1] ?? '', second, detail }, route.written.at);

const mirrorsTo = (actions: readonly RuleActionSpec[], group: ServerGroupSpec): boolean =>
  groupRefsOf(actions.filter((one) => one.type === 'TrafficMirror')).some((ref) => ref.group === group.identity);

/** Why a canary cannot share the rule of this twin. */
function twinRefusal(
  draft: IngressDraft,
  route: Route,
  { twin, placed }: { readonly twin: Twin; readonly placed: Placed },
): Problem | undefined {
  const custom = `${actionsKey(twin.route.written.backend.service?.name ?? '')} of ${refText(twin.draft.ref)}`;
  const { backend } = route;
  const redirected = twin.route.backend !== undefined && !forwards(placed.actions);
  if (backend === undefined || redirected) return undefined;
  if (twin.route.backend === undefined) return conflict(draft, route, custom, 'only what goes to the Service of the backend can be shared');
  if (twin.route.backend.fixed.protocol !== backend.fixed.protocol) {
    return conflict(draft, route, backendProtocol.keys[0], 'servers that share requests must speak the same protocol');
  }
  return mirrorsTo(placed.actions, backend)
    ? conflict(draft, route, custom, 'a copy of a request cannot go where the request itself goes')
    : undefined;
}

/** What the shares come to with one more: a problem when that is more than a rule can give. */
function sumRefusal(draft: IngressDraft, route: Route, before: readonly Share[], weight: number): Problem | undefined {
  const sum = before.reduce((total, one) => total + one.weight, weight);
  const { path } = route.written;
  if (sum > wholeWeight) {
    return problemOf('CANARY-WEIGHT', draft.ref, { host: hostText(route.written), path, sum: String(sum) }, route.written.at);
  }
  const groups = new Set([...before.map((one) => one.group.identity), route.backend?.identity]).size + (sum < wholeWeight ? 1 : 0);
  if (groups <= limits.groups.most) return undefined;
  const facts = { path, has: String(groups), what: limits.groups.what, limit: String(limits.groups.most) };
  return problemOf('RULE-LIMIT', draft.ref, facts, route.written.at);
}

/** The first reason; none: the share can be given. `before`: what others have taken of the same rule. */
export function refusalOf(
  draft: IngressDraft,
  { route, listener }: { readonly route: Route; readonly listener: ListenerIdentity },
  around: { readonly twins: Twins; readonly before: readonly Share[]; readonly weight: number },
): Problem | undefined {
  if (route.backend === undefined) {
    return conflict(
      draft,
      route,
      actionsKey(route.written.backend.service?.name ?? ''),
      'a weight is the share of the Service of the backend',
    );
  }
  const stable = around.twins
    .find(listener, route.written)
    .filter((twin) => !twin.draft.problems.some(isHolding))
    .flatMap((twin) => twin.route.placed.filter((one) => one.listener === listener).map((placed) => ({ twin, placed })));
  const refusals = stable.flatMap((one) => twinRefusal(draft, route, one) ?? []);
  return refusals[0] ?? sumRefusal(draft, route, around.before, around.weight);
}
