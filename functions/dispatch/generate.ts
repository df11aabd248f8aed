/** An Ingress whose class names no existing AlbConfig gets one, made from its legacy annotations. */
import type { KubeObject, ObjectName } from '#shared/kube/port.ts';
import { generatedAlbConfig } from '#shared/model/generated-albconfig.ts';
import type { Wish } from '#shared/model/wish.ts';
import type { AlbConfigLedger } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';

const nameOf = ({ key }: Wish): ObjectName => ({ kind: 'AlbConfig', namespace: '', name: key.name });

/**
 * The wish, with the AlbConfig made when there was none and an Ingress needs it. One that was removed on purpose is not made
 * again.
 */
export async function generate(wish: Wish, ledger: AlbConfigLedger | undefined, at: Workshop): Promise<Wish> {
  const members = wish.ingresses.filter((one) => one.metadata.deletionTimestamp === undefined);
  if (wish.albConfig !== undefined || ledger !== undefined || members.length === 0) return wish;
  const albConfig = generatedAlbConfig(wish.key.name, members)?.albConfig;
  if (albConfig === undefined) return wish;
  const created = await at.kube.create<KubeObject>(albConfig);
  // When somebody else made it first, theirs is the one.
  const found = created.kind === 'written' ? created.object : await at.kube.get<KubeObject>(nameOf(wish));
  return found === undefined ? wish : { ...wish, albConfig: found };
}
