/** The `scale` subresource: replicas without the rest, as `kubectl scale` writes them. */
import { badRequest } from './api-error.ts';
import { type JsonMap, mapAt, numberAt, textAt, textsAt } from './json.ts';

/** An object as a Scale. */
export function scaleOf(object: JsonMap): JsonMap {
  const { name = '', namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = textsAt(object, 'metadata');
  const selector = Object.entries(textsAt(object, 'spec', 'selector', 'matchLabels')).map(([key, value]) => `${key}=${value}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, 'spec', 'replicas') ?? 0 },
    status: { replicas: numberAt(object, 'status', 'replicas') ?? 0, selector: selector.join(',') },
  };
}

/** The object with the replicas of a Scale. The Scale's version, where given, is a condition. */
export function readScale(object: JsonMap, scale: JsonMap): JsonMap {
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0) throw badRequest('spec.replicas: must be greater than or equal to 0');
  const version = textAt(scale, 'metadata', 'resourceVersion');
  const metadata = version === '' ? mapAt(object, 'metadata') : { ...mapAt(object, 'metadata'), resourceVersion: version };
  return { ...object, metadata, spec: { ...mapAt(object, 'spec'), replicas } };
}
