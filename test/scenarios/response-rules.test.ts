/**
 * Rules of direction Response are shown by a list of their own. Known defect of another controller (ALC 1): it never asks for that list, so it
 * makes them again and never removes them.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '#infra/local/service.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { ownNamespace } from '#shared/ownership.ts';
import { aCafe, serviceName } from '#test/support/cafe.ts';
import { anIngress, aPath, toService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

const answering = anIngress({
  name: 'answers',
  host: 'answers.example.com',
  paths: [aPath('/', serviceName(1)), { path: '/', pathType: 'Prefix', backend: toService('added', 'use-annotation') }],
  annotations: {
    'rule-direction.added': 'Response',
    'actions.added': JSON.stringify([
      { type: 'InsertHeader', InsertHeaderConfig: { Key: 'X-Answered', Value: 'yes', ValueType: 'UserDefined' } },
    ]),
  },
});
const ref = { kind: 'Ingress', namespace: 'shop', name: 'answers' } as const;

async function settledWith(...more: readonly KubeObject[]): Promise<Workbench> {
  const { objects, pods } = aCafe(2);
  const chain = await createWorkbench([...objects, ...more], pods);
  bench = chain;
  chain.resync();
  await chain.settle();
  return chain;
}

const directions = async (chain: Workbench): Promise<readonly unknown[]> =>
  ((await chain.alb.state())['rules'] ?? []).map((rule) => rule['Direction']).sort();

const writes = (calls: readonly JournalEntry[]): readonly string[] =>
  calls.filter((one) => one.write && /Rule/.test(one.action)).map((one) => `${one.action} ${one.code}`);
const lists = (calls: readonly JournalEntry[]): readonly unknown[] =>
  // A query's parameters are texts by name.
  calls.filter((one) => one.action === 'ListRules').map((one) => (one.params as Readonly<Record<string, string>>)['Direction']);

/** As if somebody had deleted every record. */
async function loseRecords(chain: Workbench): Promise<void> {
  for (const lease of chain.kube.held('Lease')) {
    await chain.kube.remove({ kind: 'Lease', namespace: ownNamespace, name: lease.metadata.name });
  }
}

describe('rules of direction Response (ALC 1)', () => {
  it('are found again, and made once', async () => {
    const chain = await settledWith(answering);
    expect(await directions(chain)).toEqual(['Request', 'Request', 'Request', 'Response']);
    await chain.calls();
    chain.resync();
    await chain.settle();
    expect(await chain.calls()).toEqual([]);
    await chain.sweep();
    await chain.settle();
    const calls = await chain.calls();
    expect(writes(calls)).toEqual([]);
    expect(lists(calls)).toEqual(['Request', 'Response']);
  });

  it('go when they are not wanted any more, and are not asked for once that was seen', async () => {
    const chain = await settledWith(answering);
    await chain.calls();
    await chain.kube.remove(ref);
    chain.changed();
    await chain.settle();
    expect(await directions(chain)).toEqual(['Request', 'Request']);
    await chain.calls();
    for (const asked of [['Request', 'Response'], ['Request']]) {
      await chain.sweep();
      await chain.settle();
      expect(lists(await chain.calls())).toEqual(asked);
    }
  });

  it('are found by who has lost every record, wanted or not', async () => {
    for (const wanted of [true, false]) {
      const chain = await settledWith(answering);
      await loseRecords(chain);
      if (!wanted) await chain.kube.remove(ref);
      await chain.calls();
      chain.resync();
      await chain.settle();
      expect(writes(await chain.calls())).toEqual(wanted ? [] : ['DeleteRules ']);
      expect(await directions(chain)).toEqual(wanted ? ['Request', 'Request', 'Request', 'Response'] : ['Request', 'Request']);
      await chain.stop();
    }
  });

  it('are not forgotten when the one who makes the first of them dies at any of its calls', async () => {
    for (const calls of [2, 3, 4, 5, 6, 7, 8]) {
      const chain = await settledWith();
      await chain.kube.create(answering);
      chain.dieAfter(calls, true);
      chain.changed();
      await chain.settle();
      await chain.kube.remove(ref);
      chain.changed();
      await chain.settle();
      expect(await directions(chain)).toEqual(['Request', 'Request']);
      await chain.stop();
    }
  });

  it('cost those nothing who have none', async () => {
    const chain = await settledWith();
    expect(lists(await chain.calls())).not.toContain('Response');
    await chain.sweep();
    await chain.settle();
    expect(lists(await chain.calls())).toEqual(['Request']);
  });
});
