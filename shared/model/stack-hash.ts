/** What each step of the chain keeps, as a hash: `dispatch` asks only for steps whose hash differs from the recorded one. */
import type { ChainStep } from '#events/contract/messages.ts';
import { ownerHash } from '#shared/ownership.ts';
import { stableHash } from './stable-hash.ts';
import type { Stack } from './stack.ts';

/** Owners are left out: who is told of a failure changes nothing in the cloud. */
const withoutOwners = <T extends { readonly owners: unknown }>({ owners: _, ...rest }: T): Omit<T, 'owners'> => rest;

const heldOwners = (stack: Stack): readonly string[] => stack.held.map(({ ref }) => ownerHash(ref.namespace, ref.name)).sort();

const parts: Readonly<Record<ChainStep, (stack: Stack) => unknown>> = {
  instance: (stack) => (stack.loadBalancer === undefined ? null : withoutOwners(stack.loadBalancer)),
  'server-group': (stack) => stack.groups.map(withoutOwners),
  listener: (stack) => [stack.listeners.map(withoutOwners), stack.heldListeners],
  rule: (stack) => [stack.rules.map(withoutOwners), heldOwners(stack)],
};

/** One hash a step. Equal stacks, however their inputs were ordered, have equal hashes. */
export function stepHashes(stack: Stack): Readonly<Record<ChainStep, string>> {
  const hash = (step: ChainStep): string => stableHash([stack.want, parts[step](stack)]);
  return { instance: hash('instance'), 'server-group': hash('server-group'), listener: hash('listener'), rule: hash('rule') };
}
