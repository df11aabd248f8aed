/** One pass over all records. */
import { hasChain } from '#shared/step/chain.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { forgetRecord } from '#shared/step/forget-record.ts';
import { forgetContents, isQuiet } from '#shared/step/ledger.ts';
import { emptyAlbConfigLedger } from '#shared/step/record.ts';
import type { Send, Workshop } from '#shared/step/workshop.ts';

/** Records at once; a sweep is in no hurry. */
const parallel = 4;

/** A chain under way reads for itself; the others are made to look. At the end the whole cluster is compared once. */
export async function sweepAll(at: Workshop): Promise<readonly Send[]> {
  const records = await at.records.list('AlbConfig', emptyAlbConfigLedger);
  const sends: Send[] = [];
  await eachLimited([...records.values()], parallel, async ({ key, ledger, claimedUntil }) => {
    const idle = isQuiet(ledger) && !hasChain(ledger, at.kube.now()) && claimedUntil <= at.kube.now();
    if (key.kind === 'AlbConfig' && idle) sends.push(...(await forgetRecord(key, at, forgetContents)));
  });
  const resync = {
    type: 'albeit.object.changed',
    version: 1,
    key: { kind: 'Cluster', cluster: at.site.cluster },
    reason: 'resync',
    attempt: 0,
  } as const;
  return [...sends, { message: resync, delaySeconds: 0 }];
}
