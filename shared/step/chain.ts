/** What comes next: the chain's order for each phase, and where a chain starts. Pure. */
import { type ChainStep, chainSteps, type Phase } from '#events/contract/messages.ts';
import { defaultGroupIdentity } from '#shared/model/build-server-group.ts';
import { listenerOf } from '#shared/model/listener-identity.ts';
import type { Stack } from '#shared/model/stack.ts';
import { shortHash } from '#shared/ownership.ts';
import { firstLookMs } from './jobs.ts';
import { isQuiet } from './ledger.ts';
import type { AlbConfigLedger } from './record.ts';

/** Things are created up the chain and removed down it. A balancer takes its listeners and rules along, but never its groups. */
const order: Readonly<Record<Phase, readonly ChainStep[]>> = {
  apply: chainSteps,
  collect: ['listener', 'server-group'],
  delete: ['instance', 'server-group'],
};

export interface Hop {
  readonly step: ChainStep;
  readonly phase: Phase;
  readonly delaySeconds: number;
}

export type StepHashes = Readonly<Record<ChainStep, string>>;

/** One hash for the whole wish. */
export const wishHash = (hashes: StepHashes): string => shortHash(chainSteps.map((step) => hashes[step]).join());

/** A chain whose message has not come back for this long (ms) is taken for lost; parked messages come back within ten minutes. */
const lostAfterMs = 15 * 60 * 1000;

/** A chain is under way, for whatever wish: its next message is in a queue. */
export const hasChain = (ledger: AlbConfigLedger, now: number): boolean =>
  ledger.underway !== undefined && now - ledger.underway.at < lostAfterMs;

/** A chain for this very wish is under way. */
export const isUnderway = (ledger: AlbConfigLedger, hashes: StepHashes, now: number): boolean =>
  hasChain(ledger, now) && ledger.underway?.wish === wishHash(hashes);

/** A step with nothing to apply: its hash stands, or every write of the same target was accepted and only verification is left. */
const isSatisfied = (ledger: AlbConfigLedger, hashes: StepHashes, step: ChainStep): boolean => {
  const entry = ledger.steps[step];
  return entry?.hash === hashes[step] || (entry?.applied === true && entry.target === hashes[step]);
};

/** Where the chain stands: each step builds on those before it, so the first that is not satisfied is the one to run. */
export const firstUnsatisfied = (ledger: AlbConfigLedger, hashes: StepHashes): ChainStep | undefined =>
  chainSteps.find((step) => !isSatisfied(ledger, hashes, step));

/** Listeners and groups that we made, that nobody wants any more, and that nothing of ours points to; but not what would not go just now. */
export function collectable(
  stack: Stack,
  ledger: AlbConfigLedger,
): { readonly listeners: readonly string[]; readonly groups: readonly string[] } {
  const wantedListeners = new Set<string>([...stack.listeners.map((one) => one.identity), ...stack.heldListeners]);
  const ofHeld = stack.heldListeners.map((identity) => {
    const { protocol, port } = listenerOf(identity);
    return defaultGroupIdentity(protocol, port, stack.key.name);
  });
  const wantedGroups = new Set<string>([...stack.groups.map((one) => one.identity), ...ofHeld]);
  const inRules = new Set(ledger.groupsInRules);
  return {
    listeners: Object.keys(ledger.listeners).filter((one) => !wantedListeners.has(one)),
    groups: Object.entries(ledger.groups).flatMap(([one, id]) =>
      wantedGroups.has(one) || inRules.has(id) || ledger.stayingGroups?.[one]?.left === true ? [] : [one],
    ),
  };
}

/** What was just begun needs a moment; a step that comes too early would only be refused or have to ask. */
const delayBefore = (step: ChainStep, ledger: AlbConfigLedger, now: number): number => {
  const made = ledger.loadBalancer;
  const balancerMs = step === 'listener' && made?.active === false ? (made.createdAt ?? 0) + firstLookMs - now : 0;
  const jobSeconds = ledger.jobs.length > 0 && step !== 'server-group' ? 1 : 0;
  return Math.max(jobSeconds, Math.ceil(balancerMs / 1000));
};

/** Where the chain goes after `step` is done; `undefined` when it is complete. */
export function hopAfter(
  at: { readonly step: ChainStep; readonly phase: Phase },
  stack: Stack,
  ledger: AlbConfigLedger,
  hashes: StepHashes,
  now: number,
): Hop | undefined {
  const path = order[at.phase];
  const after = path[path.indexOf(at.step) + 1];
  if (at.phase === 'delete') return after === undefined ? undefined : { step: after, phase: 'delete', delaySeconds: 0 };
  // Also while collecting: the wish may have changed since, and this chain, being under way, is the one that sees to it.
  const next = firstUnsatisfied(ledger, hashes);
  if (next !== undefined) return { step: next, phase: 'apply', delaySeconds: delayBefore(next, ledger, now) };
  if (at.phase === 'collect' && after !== undefined) return { step: after, phase: 'collect', delaySeconds: 0 };
  // Nothing is left to write, but something is not verified: the last step answers for all.
  if (!isQuiet(ledger)) return { step: 'rule', phase: 'apply', delaySeconds: delayBefore('listener', ledger, now) };
  return at.phase === 'collect' ? undefined : collecting(stack, ledger);
}

function collecting(stack: Stack, ledger: AlbConfigLedger): Hop | undefined {
  const surplus = collectable(stack, ledger);
  return surplus.listeners.length + surplus.groups.length > 0 ? { step: 'listener', phase: 'collect', delaySeconds: 0 } : undefined;
}

/** Nothing is left of it but, perhaps, the memory that it was removed, which stays while Ingresses name it. */
const isRemoved = (stack: Stack, ledger: AlbConfigLedger | undefined): boolean =>
  ledger === undefined || (ledger.removed === true && stack.ingresses.length > 0);

/** Where a new chain starts; `undefined` when there is nothing to do. */
export function firstHop(stack: Stack, ledger: AlbConfigLedger | undefined, hashes: StepHashes): Hop | undefined {
  if (stack.mode === 'paused' || stack.want === 'hold') return undefined;
  if (stack.want === 'remove') return isRemoved(stack, ledger) ? undefined : { step: 'instance', phase: 'delete', delaySeconds: 0 };
  if (ledger === undefined) return { step: 'instance', phase: 'apply', delaySeconds: 0 };
  const first = firstUnsatisfied(ledger, hashes);
  if (first !== undefined) return { step: first, phase: 'apply', delaySeconds: 0 };
  return isQuiet(ledger) ? collecting(stack, ledger) : { step: 'rule', phase: 'apply', delaySeconds: 0 };
}
