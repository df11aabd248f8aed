/** The finalizer on an AlbConfig while anything of it may exist in the cloud; otherwise its deletion would not wait for us. */
import type { Kube } from '#shared/kube/port.ts';
import type { Wish } from '#shared/model/wish.ts';
import { finalizer } from '#shared/ownership.ts';

/** Swaps the list of finalizers. False: the AlbConfig is not the one that was read any more, and is to be read again. */
async function swapFinalizers({ key, albConfig }: Wish, kube: Kube, finalizers: readonly string[]): Promise<boolean> {
  const metadata = { resourceVersion: albConfig?.metadata.resourceVersion, finalizers };
  return (await kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: key.name }, { metadata })).kind === 'written';
}

/** Before the first write. False: read again. */
export async function ensureFinalizer(wish: Wish, kube: Kube): Promise<boolean> {
  const present = wish.albConfig?.metadata.finalizers ?? [];
  return wish.albConfig === undefined || present.includes(finalizer) || swapFinalizers(wish, kube, [...present, finalizer]);
}

/** When nothing is left in the cloud. False: read again. */
export async function dropFinalizer(wish: Wish, kube: Kube): Promise<boolean> {
  const present = wish.albConfig?.metadata.finalizers ?? [];
  return (
    !present.includes(finalizer) ||
    swapFinalizers(
      wish,
      kube,
      present.filter((one) => one !== finalizer),
    )
  );
}
