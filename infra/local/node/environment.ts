/** Environment variables of a Pod's containers, field references and `$(NAME)` resolved. */
import type { EnvVar, Pod } from './objects.ts';

/** `metadata.labels['app']` and the plain paths of the downward API. */
function field(pod: Pod, path: string, address: string, hostAddress: string): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) return pod.metadata[keyed[1] === 'labels' ? 'labels' : 'annotations']?.[keyed[2] ?? ''];
  const rows: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
    'status.podIP': address,
    'status.podIPs': address,
    'status.hostIP': hostAddress,
  };
  return rows[path];
}

/** Later variables may use earlier ones; `$$(NAME)` stays as it is, with one dollar. */
const expand = (text: string, known: ReadonlyMap<string, string>): string =>
  text.replace(/\$?\$\(([\w.-]+)\)/g, (whole, name: string) => (whole.startsWith('$$') ? whole.slice(1) : (known.get(name) ?? whole)));

/**
 * The variables of all containers of a Pod; where two set the same one, the first does. References to ConfigMaps and Secrets are left
 * out: the local node has no business reading either.
 */
export function environmentOf(pod: Pod, address: string, hostAddress: string): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  const resolve = (variable: EnvVar): string | undefined => {
    const reference = variable.valueFrom?.fieldRef;
    if (reference !== undefined) return field(pod, reference.fieldPath, address, hostAddress);
    return variable.valueFrom === undefined ? expand(variable.value ?? '', known) : undefined;
  };
  for (const variable of pod.spec.containers.flatMap((container) => container.env ?? [])) {
    const value = resolve(variable);
    if (value !== undefined && !known.has(variable.name)) known.set(variable.name, value);
  }
  return known;
}
