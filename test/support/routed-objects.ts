/** Ingresses of scenarios: each on a host of its own, `<name>.example.com`, so that many can share one ALB. */
import type { Ingress, IngressPath } from '#shared/model/wish.ts';
import { anIngress, aPath, toService } from './objects.ts';

export const hostOf = (name: string): string => `${name}.example.com`;

/** `<name>.example.com` with these annotations; `/` to tea when no paths are given. */
export const annotated = (
  name: string,
  annotations: Readonly<Record<string, string>>,
  paths: readonly IngressPath[] = [aPath('/', 'tea')],
): Ingress => anIngress({ name, host: hostOf(name), annotations, paths });

/** A path whose backend is what `actions.<service>` says. */
export const byAnnotation = (service: string, path = '/', pathType: IngressPath['pathType'] = 'Prefix'): IngressPath => ({
  path,
  pathType,
  backend: toService(service, 'use-annotation'),
});

/** The value of a JSON annotation. */
export const json = (...items: readonly unknown[]): string => JSON.stringify(items);

/** The same Ingress with a TLS section for its own hosts, or for others. */
export const withTls = (ingress: Ingress, hosts: readonly string[] = [hostOf(ingress.metadata.name)]): Ingress => ({
  ...ingress,
  spec: { ...ingress.spec, tls: [{ hosts, secretName: `${ingress.metadata.name}-tls` }] },
});

/** The same Ingress with its first rule for another host, or (`undefined`) for any. */
export const onHost = (ingress: Ingress, host: string | undefined): Ingress => {
  const { host: _, ...rule } = ingress.spec?.rules?.[0] ?? {};
  return { ...ingress, spec: { ...ingress.spec, rules: [host === undefined ? rule : { ...rule, host }] } };
};
