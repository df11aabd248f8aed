/**
 * Canaries: an Ingress finds its stable twin by host and path as text, listener by listener. By header or cookie it has rules of its own, by
 * weight a share of its twin's.
 */
import type { RuleCondition } from '#shared/cloud/alb/port.ts';
import type { Problem } from '#shared/problem.ts';
import { refText } from '#shared/problem.ts';
import { type IngressDraft, isHolding } from './draft-ingress.ts';
import type { Route } from './draft-route.ts';
import { problemOf } from './object-ref.ts';
import { rewriteProblems } from './route-conditions.ts';
import type { ListenerIdentity } from './stack.ts';
import { hostText, twinKey, type WrittenRoute } from './written-route.ts';

/** A path of a stable Ingress. */
export interface Twin {
  readonly draft: IngressDraft;
  readonly route: Route;
  /** In the order of all Ingresses. */
  readonly position: number;
}

/** The paths of stable Ingresses, by listener and what is written: those of the same path type first, then in the order of all Ingresses. */
export interface Twins {
  readonly find: (listener: ListenerIdentity, written: WrittenRoute) => readonly Twin[];
}

const onAnyListener = '*';

/** `drafts`: in the order in which Ingresses are matched. Held ones count as well: their rules are there. */
export function stableTwins(drafts: readonly IngressDraft[]): Twins {
  const twins = new Map<string, Twin[]>();
  for (const [position, draft] of drafts.entries()) {
    if (draft.canary !== undefined) continue;
    for (const route of draft.routes) {
      if (route.direction !== 'Request') continue;
      const listeners = draft.placed ? route.placed.map((one) => one.listener) : [onAnyListener];
      for (const listener of listeners) {
        const key = `${listener} ${twinKey(route.written)}`;
        twins.set(key, [...(twins.get(key) ?? []), { draft, route, position }]);
      }
    }
  }
  const at = (listener: string, key: string): readonly Twin[] => twins.get(`${listener} ${key}`) ?? [];
  return {
    find: (listener, written) => {
      // A path may stand there once as Exact and once as Prefix: each has its own canary then.
      const rank = ({ route }: Twin): number => (route.written.type === written.type ? 0 : 1);
      const found = [...at(listener, twinKey(written)), ...at(onAnyListener, twinKey(written))];
      return found.sort((a, b) => rank(a) - rank(b) || a.position - b.position);
    },
  };
}

const asksForSomething = ({ canary }: IngressDraft): boolean => (canary?.conditions.length ?? 0) > 0 || canary?.weight !== undefined;

/** Where all that reaches the twin is sent on to HTTPS (`ssl-redirect`), there is nothing to share. */
const redirects = ({ route }: Twin, listener: ListenerIdentity): boolean =>
  route.backend !== undefined &&
  route.placed.some((one) => one.listener === listener && one.actions.every((action) => action.type !== 'ForwardGroup'));

/** Everything about one path of a canary and its twin that is worth telling. */
function pathProblems(draft: IngressDraft, position: number, route: Route, twins: Twins): readonly Problem[] {
  const facts = { host: hostText(route.written), path: route.written.path };
  const found = route.placed.map(({ listener }) => twins.find(listener, route.written));
  if (found.some((one) => one.length === 0)) return [problemOf('CANARY-ALONE', draft.ref, facts, route.written.at)];
  if (draft.canary?.weight !== undefined) {
    const onlyRedirects = route.placed.every(({ listener }, index) => (found[index] ?? []).every((twin) => redirects(twin, listener)));
    return onlyRedirects ? [problemOf('CANARY-NOWHERE', draft.ref, facts, route.written.at)] : [];
  }
  const firsts = found.flatMap((one) => one[0] ?? []);
  const wrong = firsts.find((one) => one.route.conditions === undefined);
  const before = firsts.find((one) => one.position < position);
  const tell = (code: 'CANARY-TWIN' | 'CANARY-SHADOWED', twin: Twin): Problem =>
    problemOf(code, draft.ref, { ...facts, stable: refText(twin.draft.ref) }, route.written.at);
  const rewriting = (twin: Twin): readonly Problem[] => rewriteProblems(draft.ref, route.written, route.rewriteTarget, twin.route.captures);
  return [
    ...(wrong === undefined ? firsts.flatMap(rewriting) : [tell('CANARY-TWIN', wrong)]),
    ...(before === undefined ? [] : [tell('CANARY-SHADOWED', before)]),
  ];
}

/** What is wrong between a canary and its stable Ingresses; nothing for other Ingresses. `position`: in the order of all. */
export function twinProblems(draft: IngressDraft, position: number, twins: Twins): readonly Problem[] {
  if (!asksForSomething(draft) || draft.problems.some(isHolding)) return [];
  return draft.routes.flatMap((route) => pathProblems(draft, position, route, twins));
}

/** The conditions of a canary's own rule: those of its twin, and its header and cookie. */
export function canaryConditions(
  draft: IngressDraft,
  route: Route,
  listener: ListenerIdentity,
  twins: Twins,
): readonly RuleCondition[] | undefined {
  if (draft.canary === undefined) return route.conditions;
  const [twin] = twins.find(listener, route.written);
  if (draft.canary.conditions.length === 0 || twin?.route.conditions === undefined) return undefined;
  return [...twin.route.conditions, ...draft.canary.conditions];
}
