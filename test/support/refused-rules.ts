/** Scenarios with rules that the service does not take: who is named, who is served, and what it cost. */
import { expect } from 'vitest';
import type { JournalEntry } from '#infra/local/service.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { ruleName } from '#shared/model/build-rule.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import type { Ingress, RawAlbConfig } from '#shared/model/wish.ts';
import { serviceName } from './cafe.ts';
import { aService, aSite, aWish } from './objects.ts';
import type { Workbench } from './workbench.ts';

export interface Told extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly name: string };
}

export const warnings = (chain: Workbench): readonly Told[] => chain.kube.held<Told>('Event').filter((one) => one.type === 'Warning');
export const named = (chain: Workbench): readonly string[] => warnings(chain).map((one) => `${one.reason} ${one.involvedObject.name}`);

export interface RuleState {
  readonly RuleName: string;
}

/** Names of the Ingresses that have a rule; the snapshot's own shape is only compared. */
export const served = async (chain: Workbench): Promise<readonly string[]> => {
  const rules = ((await chain.alb.state())['rules'] ?? []) as unknown as readonly RuleState[];
  return [...new Set(rules.map((rule) => rule.RuleName.slice('shop-'.length, -17)))].sort();
};

export const ruleWrites = (calls: readonly JournalEntry[]): readonly JournalEntry[] =>
  calls.filter((one) => /^(Create|Update|Delete)Rules/.test(one.action));

export const nameOf = (index: number): string => `ingress-${String(index).padStart(3, '0')}`;
export const refOf = (index: number) => ({ kind: 'Ingress', namespace: 'shop', name: nameOf(index) }) as const;

export const ingressesOf = (objects: readonly KubeObject[]): readonly Ingress[] =>
  objects.filter((one) => one.kind === 'Ingress') as readonly Ingress[]; // the filter is what makes it true

/** How the rule of an Ingress with one path is named. */
export function ruleNameOf(ingress: KubeObject, albConfig: KubeObject): string {
  const wish = aWish({
    albConfig: albConfig as RawAlbConfig, // the caller's is one
    ingresses: ingressesOf([ingress]),
    services: Array.from({ length: 101 }, (_, index) => aService(serviceName(index))),
  });
  const [rule] = buildStack({ ...wish, key: { ...wish.key, cluster: 'c-local' } }, { ...aSite, cluster: 'c-local' }).rules;
  if (rule === undefined) throw new Error(`${ingress.metadata.name} has no rule`);
  return ruleName(rule);
}

const refusal = { kind: 'error', code: 'OperationDenied.ServiceManagedResource', status: 400 };

/** A fault for every batch in which a rule of one of these names is, wherever in it; absent: it is refused. */
export const refuseRules = async (chain: Workbench, action: string, rules: readonly string[], fault: object = refusal): Promise<void> => {
  const faults = rules.flatMap((rule) =>
    Array.from({ length: 100 }, (_, at) => ({ match: { action, params: { [`Rules.${at + 1}.RuleName`]: rule } }, ...fault })),
  );
  expect((await chain.alb.put('faults', faults)).status).toBe(200);
};

export const theAlbConfig = (objects: readonly KubeObject[]): KubeObject => {
  const found = objects.find((one) => one.kind === 'AlbConfig');
  if (found === undefined) throw new Error('the cafe has no AlbConfig');
  return { ...found, metadata: { ...found.metadata, annotations: { 'albeit.io/foreign-server-groups': '*' } } };
};
