/** Makes the chain of an AlbConfig look everything up anew: for who found that what it remembers is not true. */
import type { AlbConfigKey } from '#events/contract/messages.ts';
import { forgetAll } from './ledger.ts';
import { type AlbConfigLedger, emptyAlbConfigLedger } from './record.ts';
import { isTaken } from './records.ts';
import type { Send, Workshop } from './workshop.ts';

/** Under the claim of the AlbConfig; while somebody else holds it, the caller's own next try will come back to it. */
export async function forgetRecord(
  key: AlbConfigKey,
  at: Workshop,
  forget: (ledger: AlbConfigLedger) => AlbConfigLedger = forgetAll,
): Promise<readonly Send[]> {
  const claim = await at.records.claimExisting(key, at, emptyAlbConfigLedger);
  if (claim === 'absent' || isTaken(claim)) return [];
  await claim.release(forget(claim.record.ledger));
  return [{ message: { type: 'albeit.object.changed', version: 1, key, reason: 'audit', attempt: 0 }, delaySeconds: 0 }];
}
