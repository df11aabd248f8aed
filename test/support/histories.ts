/** What random histories have in common: messages that come again, calls that fail, ways the service may be, and how a history must end. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ChainStep, Phase } from '#events/contract/messages.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { serviceName } from './cafe.ts';
import { cloudShape } from './cloud-shape.ts';
import { rowsOfPairs } from './switch-rows.ts';
import { settingsOfRow } from './switches.ts';
import type { Workbench } from './workbench.ts';

interface Repeat {
  readonly what: 'changed' | 'resync' | 'members' | 'old-step';
  /** Of the Service whose members are asked for. */
  readonly index: number;
}

export const aRepeat = (index: fc.Arbitrary<number>) =>
  fc.record({
    kind: fc.constant('repeat' as const),
    what: fc.constantFrom('changed' as const, 'resync' as const, 'members' as const, 'old-step' as const),
    index,
  });

/** The next call of one of these actions fails, once. */
export const aFault = (...actions: readonly string[]) =>
  fc.record({
    kind: fc.constant('fault' as const),
    fault: fc.constantFrom('throttle', 'lost-answer', 'failed-job', 'reset', 'html'),
    action: fc.constantFrom(...actions),
  });

/** Settings of a row of the emulator's switches, or of none. */
export const anySettings: fc.Arbitrary<unknown> = fc.constantFrom(0, ...rowsOfPairs).map((row) => (row === 0 ? {} : settingsOfRow(row)));

/** A message comes again; `old`: the step of last week's message. */
export function repeat(bench: Workbench, { what, index }: Repeat, old: { readonly step: ChainStep; readonly phase: Phase }): void {
  if (what === 'changed') bench.changed();
  else if (what === 'resync') bench.resync();
  else if (what === 'members') bench.membersChanged('shop', serviceName(index));
  else bench.send({ type: 'albeit.step.requested', version: 1, key: bench.key, ...old, chain: 'last-week', attempt: 0 });
}

export const putFault = (bench: Workbench, { action, fault }: { readonly action: string; readonly fault: string }): Promise<unknown> =>
  bench.alb.put('faults', [{ match: { action }, times: 1, kind: fault }]);

/** The endpoints of a Service are those of `slice` from now on. */
export async function setSlice(bench: Workbench, service: string, { metadata, endpoints }: EndpointSlice): Promise<void> {
  await bench.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: metadata.name }, { endpoints });
  bench.membersChanged('shop', service);
}

/**
 * The cloud is as if the last wish had been the only one, and another look calls nothing. What a message could not repair because its sender
 * gave up, and what people did by hand, is the sweep's to find.
 */
export async function expectEndOf(lived: Workbench, openDirectly: () => Promise<Workbench>): Promise<void> {
  await lived.sweep();
  await lived.settle();
  const direct = await openDirectly();
  await direct.settle();
  expect(await cloudShape(lived.alb)).toEqual(await cloudShape(direct.alb));
  await lived.calls();
  lived.resync();
  await lived.settle();
  expect((await lived.calls()).map((call) => call.action)).toEqual([]);
  await Promise.all([lived.stop(), direct.stop()]);
}
