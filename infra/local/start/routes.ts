/** The ways into an example: which host and path lead to which Service, as its Ingresses say. */
import { readFile } from 'node:fs/promises';
import type { Ingress } from '#shared/model/wish.ts';
import { readManifests } from './apply.ts';

export interface Route {
  readonly host: string;
  readonly path: string;
  readonly namespace: string;
  readonly service: string;
}

function routesOfIngress(ingress: Ingress): readonly Route[] {
  const namespace = ingress.metadata.namespace ?? 'default';
  return (ingress.spec?.rules ?? []).flatMap((rule) =>
    (rule.http?.paths ?? []).flatMap(({ path, backend }) =>
      backend.service === undefined
        ? []
        : [{ host: rule.host ?? 'any.example.com', path: path ?? '/', namespace, service: backend.service.name }],
    ),
  );
}

/** The routes of every Ingress in a file. */
export async function readRoutes(file: string): Promise<readonly Route[]> {
  const manifests = readManifests(await readFile(file, 'utf8'), file);
  // The API server checks the shape; what is missing here has no route.
  return manifests.filter((one) => one.kind === 'Ingress').flatMap((one) => routesOfIngress(one as unknown as Ingress));
}
