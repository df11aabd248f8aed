/**
 * A change of the wish while everything is looked at, at every change of what is in force: where requests go, and whether each group that a
 * rule sends them to has a server. What it cost is counted.
 */
import type { AlbView } from '#infra/local/alb/view.ts';
import { type Probe, watchProbes } from './probes.ts';
import type { Workbench } from './workbench.ts';

export interface Turn {
  /** Where a request went that neither the old nor the new wish sends there. */
  readonly astray: readonly string[];
  /** Groups without a server that a rule sent requests to. */
  readonly dark: readonly string[];
  /** Calls by action. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Groups in the forwards of rules in force that have no server in force. */
function darkGroups(view: AlbView): readonly string[] {
  const rules = view.listeners().flatMap((one) => view.rules(one.ListenerId));
  const tuples = rules.flatMap((rule) => rule.RuleActions.flatMap((one) => one.ForwardGroupConfig?.ServerGroupTuples ?? []));
  const serves = (id: string): boolean => (view.group(id)?.Servers ?? []).some((one) => one.Weight > 0);
  return tuples.filter((one) => one.Weight > 0 && !serves(one.ServerGroupId)).map((one) => one.ServerGroupId);
}

/** `change` writes the new wish; everything is settled afterwards. */
export async function turn(bench: Workbench, probes: readonly Probe[], change: () => Promise<unknown>): Promise<Turn> {
  const { view } = bench.alb.service;
  await bench.calls();
  const watched = watchProbes(view, probes);
  const before = watched.now();
  const dark = new Set<string>();
  const stop = view.onChange(() => {
    for (const one of darkGroups(view)) dark.add(one);
  });
  await change();
  await bench.settle();
  stop();
  const states = watched.seen();
  const after = watched.now();
  watched.stop();
  const astray = states.flatMap((state) =>
    state.flatMap((target, index) =>
      target === before[index] || target === after[index] ? [] : [`${JSON.stringify(probes[index])} → ${target}`],
    ),
  );
  const calls: Record<string, number> = {};
  for (const { action } of await bench.calls()) calls[action] = (calls[action] ?? 0) + 1;
  return { astray: [...new Set(astray)].slice(0, 5), dark: [...dark], calls };
}
