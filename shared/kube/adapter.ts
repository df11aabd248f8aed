/** The port of `port.ts` over HTTP and JSON. */
import { failureOf, isOfAnother, isSuccess, objectOf, writeResult } from './answers.ts';
import { listAll } from './lists.ts';
import { collectionPath, nameOf, nameText, objectPath, requireIdentity } from './paths.ts';
import type { Kube, KubeList, KubeObject } from './port.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';

/** A client of one API server. Nothing is read or connected before the first call. */
export const createKube = (options: TransportOptions): Kube => kubeOver(createTransport(options));

/** The same over a transport that somebody else uses too. */
export function kubeOver(transport: Transport): Kube {
  return {
    get: async (name) => {
      const answer = await transport.send({ method: 'GET', path: objectPath(name) });
      if (answer.status === 404) return undefined;
      const object = objectOf<never>(answer);
      if (object === undefined) throw failureOf(answer, 'get', nameText(name));
      return object;
    },
    // The server lists the kind that was asked for; fields are checked where they are used.
    list: async <T extends KubeObject>(...[kind, options]: Parameters<Kube['list']>) =>
      (await listAll(transport, kind, options ?? {})) as KubeList<T>,
    create: async (object) => {
      const name = nameOf(object);
      const answer = await transport.send({ method: 'POST', path: collectionPath(name.kind, name.namespace), body: object });
      return writeResult(answer, 'create', nameText(name));
    },
    replace: async (object) => {
      const name = nameOf(object);
      requireIdentity(object);
      const answer = await transport.send({ method: 'PUT', path: objectPath(name), body: object });
      return writeResult(answer, 'replace', nameText(name));
    },
    mergePatch: async (name, patch, subresource) => {
      const path = objectPath(name, subresource);
      const answer = await transport.send({ method: 'PATCH', path, body: patch, contentType: 'application/merge-patch+json' });
      return writeResult(answer, 'patch', nameText(name));
    },
    setConditions: async ({ namespace, name: podName, uid }, conditions) => {
      const name = { kind: 'Pod', namespace, name: podName } as const;
      // The schema merges this list by `type`, which a merge patch would replace whole. Custom kinds know no strategic merge.
      const contentType = 'application/strategic-merge-patch+json';
      const body = { metadata: { uid }, status: { conditions } };
      const answer = await transport.send({ method: 'PATCH', path: objectPath(name, 'status'), body, contentType });
      return isOfAnother(answer) ? { kind: 'conflict' } : writeResult(answer, 'patch', nameText(name));
    },
    remove: async (name, resourceVersion) => {
      const preconditions = resourceVersion === undefined ? {} : { preconditions: { resourceVersion } };
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background', ...preconditions };
      const answer = await transport.send({ method: 'DELETE', path: objectPath(name), body });
      if (answer.status === 404) return 'gone';
      if (answer.status === 409) return 'conflict';
      if (!isSuccess(answer)) throw failureOf(answer, 'delete', nameText(name));
      return 'removed';
    },
    now: transport.now,
    close: transport.close,
  };
}
