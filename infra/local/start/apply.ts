/** Applies manifests as `kubectl apply` does, so that a later `kubectl apply` of the same file finds its own annotation. */
import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { type Kube, type KubeObject, kinds, type ObjectName } from '#shared/kube/port.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const manifest = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.enum(Object.keys(kinds) as [keyof typeof kinds, ...(keyof typeof kinds)[]]), // the keys of a table that is not empty
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
});
type Manifest = z.infer<typeof manifest>;

/** The objects of a YAML file, in its order. */
export function readManifests(text: string, file: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
    const content: unknown = document.toJS();
    if (content === null || content === undefined) return [];
    const parsed = manifest.safeParse(content);
    if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
    return [parsed.data];
  });
}

const nameOf = (object: Manifest): ObjectName => ({
  kind: object.kind,
  namespace: kinds[object.kind].namespaced ? (object.metadata.namespace ?? 'default') : '',
  name: object.metadata.name,
});

async function applyOne(kube: Kube, object: Manifest): Promise<void> {
  const name = nameOf(object);
  const namespace = name.namespace === '' ? {} : { namespace: name.namespace };
  const annotations = { ...(object.metadata['annotations'] ?? {}), [lastApplied]: JSON.stringify(object) };
  const wanted = { ...object, metadata: { ...object.metadata, ...namespace, annotations } } as unknown as KubeObject; // checked above
  if ((await kube.create(wanted)).kind !== 'exists') return;
  const result = await kube.mergePatch(name, wanted);
  if (result.kind !== 'written') throw new Error(`${name.kind} ${name.name} could not be applied: ${result.kind}`);
}

/** One after the other, in the order of the text. `source` names it in errors. */
export async function applyText(kube: Kube, text: string, source: string): Promise<readonly ObjectName[]> {
  const objects = readManifests(text, source);
  for (const object of objects) await applyOne(kube, object);
  return objects.map(nameOf);
}

/** `applyText` with what stands in a file. */
export const applyFile = async (kube: Kube, file: string): Promise<readonly ObjectName[]> =>
  applyText(kube, await readFile(file, 'utf8'), file);
