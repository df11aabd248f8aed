/**
 * Changes of a listener that the service refuses for what they say: HTTP/2 switched off while a gRPC group stands behind it, say. The
 * listener stays as it is and serves, people are told, rules go on. It is tried again when it is to be something else, or after half an hour.
 */
import { CloudFailure } from '#shared/cloud/failure.ts';
import type { ListenerSpec } from '#shared/model/stack.ts';
import { shortHash } from '#shared/ownership.ts';
import type { AlbConfigLedger, RefusedListener } from '#shared/step/record.ts';
import { triedAgainAfterMs, whyRefused } from '#shared/step/refusal.ts';
import type { Scene } from '#shared/step/scene.ts';

const contentOf = ({ settings, defaultGroup }: ListenerSpec): string => shortHash(JSON.stringify([settings, defaultGroup]));

/** Whether the listener is to blame, and not the moment or this program. */
const isAboutListener = ({ failure, facts }: CloudFailure): boolean =>
  failure === 'invalid' && !/^InvalidAction|\.ListenerId$/.test(facts['code'] ?? '');

/** It stands as long as the same is wanted and its time is not over. */
export function isRefused(spec: ListenerSpec, scene: Scene): boolean {
  const known = scene.ledger.refusedListeners?.[spec.identity];
  return known?.content === contentOf(spec) && scene.now() < known.until;
}

function withRefused(
  { refusedListeners: _former, ...ledger }: AlbConfigLedger,
  refused: readonly [string, RefusedListener][],
): AlbConfigLedger {
  return refused.length === 0 ? ledger : { ...ledger, refusedListeners: Object.fromEntries(refused) };
}

/** Forgets those of listeners that are not to be changed any more. */
export function keepRefusals(changing: ReadonlySet<string>, scene: Scene): void {
  const known = Object.entries(scene.ledger.refusedListeners ?? {});
  const kept = known.filter(([identity]) => changing.has(identity));
  if (kept.length < known.length) scene.remember((ledger) => withRefused(ledger, kept));
}

/** `change` writes this one listener. Throws what is no refusal of what the listener says. */
export async function attempt(spec: ListenerSpec, change: () => Promise<void>, scene: Scene): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof CloudFailure) || !isAboutListener(error)) throw error;
    const why = whyRefused(error, `listener ${spec.identity}`);
    const refused: RefusedListener = { content: contentOf(spec), why, until: scene.now() + triedAgainAfterMs };
    const others = Object.entries(scene.ledger.refusedListeners ?? {}).filter(([identity]) => identity !== spec.identity);
    scene.remember((ledger) => withRefused(ledger, [...others, [spec.identity, refused]]));
  }
}
