/** What is read on objects besides annotations of our tables: labels, gates of pods, and keys that are known and never read. */
import { excludingLabels, virtualNodeLabel } from '#shared/model/nodes.ts';
import { gatesLabel, gateTypes } from '#shared/model/readiness-gates.ts';
import { albPrefix } from './annotation.ts';

/** One line of the reference. */
export interface Mark {
  readonly where: string;
  readonly key: string;
  readonly value: string;
  readonly text: string;
}

/** Labels and the like that change what is done. */
export const marks: readonly Mark[] = [
  ...gateTypes.map((key, index) => ({
    where: 'Pod `spec.readinessGates[].conditionType`',
    key,
    value: '',
    text:
      index === 0
        ? 'The pod is not ready until every server group that holds it has it in service and, where health is checked, healthy.'
        : 'The same, under the name that an older controller uses.',
  })),
  {
    where: 'Namespace label',
    ...gatesLabel,
    text: 'Pods of this namespace are watched for readiness gates; without it their gates are not answered.',
  },
  ...excludingLabels.map((key) => ({
    where: 'Node label',
    key,
    value: 'any',
    text: 'With node ports: the node is never a server.',
  })),
  {
    where: 'Node label',
    key: virtualNodeLabel.key,
    value: virtualNodeLabel.value,
    text: 'The node is virtual: with node ports, its pods are servers by their own addresses.',
  },
  {
    where: 'Ingress label',
    key: 'knative.aliyun.com/ingress',
    value: 'any',
    text: 'A single object in `actions.<service>` and `conditions.<service>` counts as a list of one.',
  },
];

const unread = 'Defined by the existing controllers and read by none.';

/** Keys that people may find elsewhere and that have no effect. */
export const unreadMarks: readonly Mark[] = [
  { where: 'Node label', key: 'alpha.service-controller.kubernetes.io/exclude-alb', value: 'any', text: unread },
  { where: 'Ingress', key: `${albPrefix}backend-label`, value: 'any', text: `${unread} It belongs on the Service, under the key above.` },
  {
    where: 'Ingress',
    key: `${albPrefix}remove-unscheduled-backend`,
    value: 'any',
    text: `${unread} It belongs on the Service, under the key above.`,
  },
  { where: 'Ingress or AlbConfig label', key: `${albPrefix}hash`, value: 'a digest', text: 'Written by another controller for itself.' },
  {
    where: 'AlbConfig',
    key: `${albPrefix}remote-clusters`,
    value: 'ids of clusters',
    text: 'Servers of several clusters are not supported.',
  },
];
