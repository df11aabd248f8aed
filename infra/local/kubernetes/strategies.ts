/** Which built-in kind has which rules of its own. */
import type { Strategy } from './strategy.ts';
import { customResourceDefinition } from './validation/custom-resource-definition.ts';
import { endpointSlice } from './validation/endpoint-slice.ts';
import { ingress, ingressClass } from './validation/ingress.ts';
import { deployment, pod, replicaSet } from './validation/pod.ts';
import { roleBinding } from './validation/role-binding.ts';
import { service } from './validation/service.ts';
import { configMap, event, lease, namespace, node, secret } from './validation/simple-kinds.ts';

/** By kind. A kind without a row has only the common rules. */
export const strategies: Readonly<Record<string, Strategy>> = {
  ConfigMap: configMap,
  CustomResourceDefinition: customResourceDefinition,
  Deployment: deployment,
  EndpointSlice: endpointSlice,
  Event: event,
  Ingress: ingress,
  IngressClass: ingressClass,
  Lease: lease,
  Namespace: namespace,
  Node: node,
  Pod: pod,
  ReplicaSet: replicaSet,
  RoleBinding: roleBinding,
  Secret: secret,
  Service: service,
};
