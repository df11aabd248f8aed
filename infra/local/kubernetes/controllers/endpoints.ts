/** One pod as an endpoint of a Service. */
import { type JsonMap, listAt, mapAt, numberAt, textAt } from '../json.ts';

const isReady = (pod: JsonMap): boolean =>
  listAt(pod, 'status', 'conditions').some((one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True');

/** The endpoint; undefined for a pod that has no address yet, has ended, or whose node is unknown. */
export function endpointOf(pod: JsonMap, service: JsonMap, nodeNamed: (name: string) => JsonMap | undefined): JsonMap | undefined {
  const address = textAt(pod, 'status', 'podIP');
  if (address === '' || ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'))) return undefined;
  const nodeName = textAt(pod, 'spec', 'nodeName');
  const node = nodeName === '' ? undefined : nodeNamed(nodeName);
  // The real controller passes over such a pod as well, and tries again once the Node is there.
  if (nodeName !== '' && node === undefined) return undefined;
  const serving = isReady(pod);
  const terminating = textAt(pod, 'metadata', 'deletionTimestamp') !== '';
  const always = mapAt(service, 'spec')['publishNotReadyAddresses'] === true;
  const zone = textAt(node, 'metadata', 'labels', 'topology.kubernetes.io/zone');
  const hostname = textAt(pod, 'spec', 'hostname');
  const named =
    hostname !== '' &&
    textAt(pod, 'spec', 'subdomain') === textAt(service, 'metadata', 'name') &&
    textAt(service, 'spec', 'clusterIP') === 'None';
  return {
    addresses: [address],
    conditions: { ready: always || (serving && !terminating), serving, terminating },
    ...(named ? { hostname } : {}),
    ...(nodeName === '' ? {} : { nodeName }),
    targetRef: {
      kind: 'Pod',
      namespace: textAt(pod, 'metadata', 'namespace'),
      name: textAt(pod, 'metadata', 'name'),
      uid: textAt(pod, 'metadata', 'uid'),
    },
    ...(zone === '' ? {} : { zone }),
  };
}

/** The Service's ports as this pod has them. A named target port that the pod does not have is left out. */
export function portsOf(service: JsonMap, pod: JsonMap): readonly JsonMap[] {
  return listAt(service, 'spec', 'ports').flatMap((port) => {
    const number = targetPort(mapAt(port), pod);
    if (number === undefined) return [];
    const appProtocol = textAt(port, 'appProtocol');
    return [
      {
        name: textAt(port, 'name'),
        port: number,
        protocol: textAt(port, 'protocol') || 'TCP',
        ...(appProtocol === '' ? {} : { appProtocol }),
      },
    ];
  });
}

function targetPort(port: JsonMap, pod: JsonMap): number | undefined {
  const target = port['targetPort'];
  if (typeof target !== 'string') return typeof target === 'number' ? target : numberAt(port, 'port');
  const ports = listAt(pod, 'spec', 'containers').flatMap((container) => listAt(container, 'ports'));
  const named = ports.find(
    (one) => textAt(one, 'name') === target && (textAt(one, 'protocol') || 'TCP') === (textAt(port, 'protocol') || 'TCP'),
  );
  return numberAt(named, 'containerPort');
}
