/** Objects as a person writes them: a second one of the same name takes the place of the first. */
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import type { Workbench } from './workbench.ts';

/** Writes an object, whether it is there or not; `undefined`: removes it. Tells nobody. */
export async function rewrite({ kube }: Pick<Workbench, 'kube'>, name: ObjectName, object: KubeObject | undefined): Promise<void> {
  const known = await kube.get(name);
  if (object === undefined && known !== undefined) await kube.remove(name);
  else if (object !== undefined && known === undefined) await kube.create(object);
  else if (object !== undefined) {
    const { annotations: _former, ...identity } = known?.metadata ?? {};
    await kube.replace({ ...object, metadata: { ...identity, ...object.metadata } });
  }
}
