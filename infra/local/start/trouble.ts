/** What AlbConfigs say about themselves, for people who wait for one in vain. */
import type { Kube, KubeObject } from '#shared/kube/port.ts';

interface Reporting extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}

/** One sentence for each AlbConfig that is not ready; none when the API server cannot be asked any more. */
export async function troubles(kube: Kube): Promise<readonly string[]> {
  const list = await kube.list<Reporting>('AlbConfig').catch(() => ({ items: [] }));
  return list.items.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find((one) => one.type === 'Ready');
    return ready?.status === 'True' ? [] : [`AlbConfig ${metadata.name}: ${ready?.message ?? 'nothing is known of it yet'}`];
  });
}
