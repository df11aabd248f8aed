/** The two calls about Pods that only schedulers and kubelets make. */
import { failureOf } from '#shared/kube/answers.ts';
import { objectPath } from '#shared/kube/paths.ts';
import type { Kube } from '#shared/kube/port.ts';
import type { Transport } from '#shared/kube/transport.ts';
import { nameOf, type Pod } from './objects.ts';

export interface PodCalls {
  /** Binds a Pod to a node. */
  bind(pod: Pod, nodeName: string): Promise<void>;
  /** Ends a deletion: what a kubelet does when the containers have gone. */
  finishDeletion(pod: Pod): Promise<void>;
}

/** Answers that mean there is no such subresource; for a Pod that has gone, the patch says so. */
const noSubresource: readonly number[] = [404, 405];

export function createPodCalls(transport: Transport, kube: Kube): PodCalls {
  return {
    bind: async (pod, nodeName) => {
      const name = nameOf(pod, 'Pod');
      const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
      const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name: name.name, namespace: name.namespace }, target };
      const answer = await transport.send({ method: 'POST', path: `${objectPath(name)}/binding`, body });
      // The real API refuses to change spec.nodeName by a patch; one without the subresource has no other way.
      if (noSubresource.includes(answer.status)) await kube.mergePatch(name, { spec: { nodeName } });
      // 409: somebody else bound it, or it is on its way out.
      else if (answer.status !== 409 && answer.status >= 300) throw failureOf(answer, 'bind', `Pod ${name.name}`);
    },
    finishDeletion: async (pod) => {
      const name = nameOf(pod, 'Pod');
      const preconditions = { uid: pod.metadata.uid };
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions };
      const answer = await transport.send({ method: 'DELETE', path: objectPath(name), body });
      const over = answer.status < 300 || answer.status === 404 || answer.status === 409;
      if (!over) throw failureOf(answer, 'delete', `Pod ${name.name}`);
    },
  };
}
