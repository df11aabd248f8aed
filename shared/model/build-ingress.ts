/** One Ingress on its own: its rules and groups, or everything that is wrong with it. Nothing in it can spoil a neighbour. */
import { policyOf } from '#shared/errors.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import { readAnnotation } from './annotations/annotation.ts';
import { type ListenPort, order } from './annotations/binding.ts';
import { unsupportedAnnotations } from './annotations/not-yet.ts';
import { resolveBackend } from './build-backend.ts';
import { buildConditions, type Conditions } from './build-conditions.ts';
import { buildHealthCheck } from './build-health-check.ts';
import { type Listeners, listenerIdentity } from './build-listener.ts';
import { buildRules, type Route } from './build-rule.ts';
import { buildServerGroup } from './build-server-group.ts';
import { listenersWanted } from './ingress-listeners.ts';
import { problemOf, refOf } from './object-ref.ts';
import type { RuleSpec, ServerGroupSpec } from './stack.ts';
import type { Ingress, IngressBackend, IngressPath, Service, Site } from './wish.ts';

export interface IngressSurroundings {
  readonly albConfig: string;
  readonly listeners: Listeners;
  readonly services: ReadonlyMap<string, Service>;
  readonly site: Site;
}

export interface IngressPart {
  readonly ref: ObjectRef;
  readonly order: number;
  /** Its rules are left as they are in the cloud; the lists below are empty. */
  readonly held: boolean;
  readonly problems: readonly Problem[];
  readonly groups: readonly ServerGroupSpec[];
  readonly rules: readonly RuleSpec[];
  /** Rules of `spec.defaultBackend`: they match everything, so they stand behind the rules of all Ingresses. */
  readonly defaults: readonly RuleSpec[];
}

interface WrittenRoute {
  readonly host: string;
  readonly type: string;
  readonly path: string;
  readonly conditions: Conditions;
  readonly backend: IngressBackend;
  /** Where it stands: `spec.rules[0].http.paths[1]`. */
  readonly at: string;
  readonly backendAt: string;
}

function writtenPath(host: string, path: IngressPath, at: string): WrittenRoute {
  const text = path.path ?? '';
  // Objects from before v1 may lack the type; they mean Prefix.
  const type = path.pathType ?? 'Prefix';
  return { host, type, path: text, conditions: buildConditions(host, type, text), backend: path.backend, at, backendAt: `${at}.backend` };
}

const pathsOf = (ingress: Ingress): readonly WrittenRoute[] =>
  (ingress.spec?.rules ?? []).flatMap((rule, r) =>
    (rule.http?.paths ?? []).map((path, p) => writtenPath(rule.host ?? '', path, `spec.rules[${r}].http.paths[${p}]`)),
  );

const defaultOf = (ingress: Ingress): readonly WrittenRoute[] => {
  const backend = ingress.spec?.defaultBackend;
  if (backend === undefined) return [];
  const at = 'spec.defaultBackend';
  const conditions = buildConditions('', 'ImplementationSpecific', '/*');
  return [{ host: '', type: 'Default', path: '/*', conditions, backend, at, backendAt: at }];
};

interface BuiltRoute {
  readonly problems: readonly Problem[];
  readonly route?: Route;
  readonly group?: ServerGroupSpec;
}

type HealthCheck = ReturnType<typeof buildHealthCheck>['settings'];

function buildRoute(written: WrittenRoute, ref: ObjectRef, around: IngressSurroundings, healthCheck: HealthCheck): BuiltRoute {
  const { conditions, refusal } = written.conditions;
  const { target, problem } = resolveBackend({
    ingress: ref,
    backend: written.backend,
    at: written.backendAt,
    services: around.services,
    site: around.site,
  });
  const problems = [
    ...(refusal === undefined ? [] : [problemOf(refusal.code, ref, refusal.facts, written.at)]),
    ...(problem === undefined ? [] : [problem]),
  ];
  if (conditions === undefined || target === undefined) return { problems };
  const site = { cluster: around.site.cluster, albConfig: around.albConfig, vpcId: around.site.vpcId };
  const group = buildServerGroup(target, healthCheck, site, [ref]);
  const { host, type, path } = written;
  return { problems, route: { host, type, path, conditions, group: group.identity }, group };
}

function missingListener(wanted: ListenPort, ref: ObjectRef, around: IngressSurroundings): readonly Problem[] {
  const identity = listenerIdentity(wanted.protocol, wanted.port);
  if (around.listeners.specs.some((one) => one.identity === identity)) return [];
  if (around.listeners.held.includes(identity)) {
    return [
      problemOf('CONFIG-INVALID', ref, { field: `listener ${identity}`, detail: `see the problems of AlbConfig ${around.albConfig}` }),
    ];
  }
  const facts = { albconfig: around.albConfig, port: String(wanted.port), protocol: wanted.protocol };
  return [problemOf('LISTENER-MISSING', ref, facts)];
}

/** Problems that hold the Ingress, as its error table says. */
const isHolding = (problem: Problem): boolean => policyOf(problem.code) === 'hold';

/** The part of the stack that one Ingress asks for. */
export function buildIngress(ingress: Ingress, around: IngressSurroundings): IngressPart {
  const ref = refOf(ingress);
  const place = readAnnotation(order, ingress);
  const wanted = listenersWanted(ingress);
  const healthCheck = buildHealthCheck(ingress);
  const build = (written: WrittenRoute): BuiltRoute => buildRoute(written, ref, around, healthCheck.settings);
  const [paths, defaults] = [pathsOf(ingress).map(build), defaultOf(ingress).map(build)];
  const problems = [
    ...unsupportedAnnotations(ingress),
    ...[place.problem, wanted.problem].filter((one) => one !== undefined),
    ...healthCheck.problems,
    ...(wanted.value ?? []).flatMap((one) => missingListener(one, ref, around)),
    ...[...paths, ...defaults].flatMap((one) => one.problems),
  ];
  const held = problems.some(isHolding);
  const rulesOf = (routes: readonly BuiltRoute[]): readonly RuleSpec[] =>
    (wanted.value ?? []).flatMap(({ protocol, port }) =>
      buildRules(
        routes.flatMap((one) => (one.route === undefined ? [] : [one.route])),
        listenerIdentity(protocol, port),
        { cluster: around.site.cluster, albConfig: around.albConfig, ingress: ref },
      ),
    );
  return {
    ref,
    order: place.value ?? order.default,
    held,
    problems,
    groups: held ? [] : [...paths, ...defaults].flatMap((one) => (one.group === undefined ? [] : [one.group])),
    rules: held ? [] : rulesOf(paths),
    defaults: held ? [] : rulesOf(defaults),
  };
}
