/** The paths of an Ingress as they are written, before anything is looked up. */
import type { Ingress, IngressBackend, IngressPath } from './wish.ts';

export interface WrittenRoute {
  /** Empty: every host. */
  readonly host: string;
  /** `Default` for `spec.defaultBackend`. */
  readonly type: IngressPath['pathType'] | 'Default';
  readonly path: string;
  readonly backend: IngressBackend;
  /** Where it stands: `spec.rules[0].http.paths[1]`. */
  readonly at: string;
  readonly backendAt: string;
}

const writtenPath = (host: string, path: IngressPath, at: string): WrittenRoute => ({
  host,
  // Objects from before v1 may lack the type; they mean Prefix.
  type: path.pathType ?? 'Prefix',
  path: path.path ?? '',
  backend: path.backend,
  at,
  backendAt: `${at}.backend`,
});

/** The paths of `spec.rules`, in the order of writing. */
export const pathsOf = (ingress: Ingress): readonly WrittenRoute[] =>
  (ingress.spec?.rules ?? []).flatMap((rule, r) =>
    (rule.http?.paths ?? []).map((path, p) => writtenPath(rule.host ?? '', path, `spec.rules[${r}].http.paths[${p}]`)),
  );

/** `spec.defaultBackend`: everything that no rule matches. */
export function defaultOf(ingress: Ingress): readonly WrittenRoute[] {
  const backend = ingress.spec?.defaultBackend;
  const at = 'spec.defaultBackend';
  return backend === undefined ? [] : [{ host: '', type: 'Default', path: '/*', backend, at, backendAt: at }];
}

/** Hosts in full, then wildcards, then every host. */
const hostRank = ({ host }: WrittenRoute): number => (host === '' ? 2 : host.startsWith('*') ? 1 : 0);

/** Criteria one after the other; the smaller number is matched first. */
const criteria: readonly ((route: WrittenRoute) => number)[] = [
  hostRank,
  ({ host }) => (host.startsWith('*') ? -host.length : 0),
  ({ type }) => (type === 'Exact' ? 0 : 1),
  ({ path }) => -path.length,
];

const bySpecificity = (a: WrittenRoute, b: WrittenRoute): number =>
  criteria.map((rank) => rank(a) - rank(b)).find((difference) => difference !== 0) ?? 0;

/**
 * As Kubernetes describes it: the host that says more, Exact before others, longer before shorter paths; what is equal stays in the order of
 * writing.
 */
export const specificFirst = (routes: readonly WrittenRoute[]): readonly WrittenRoute[] => [...routes].sort(bySpecificity);

/** By what a canary finds its stable twin: host and path as text. The type of the path is not compared. */
export const twinKey = (route: WrittenRoute): string => JSON.stringify(route.type === 'Default' ? 'default' : [route.host, route.path]);

/** For messages: what is written, `*` for every host. */
export const hostText = (route: WrittenRoute): string => (route.host === '' ? '*' : route.host);
