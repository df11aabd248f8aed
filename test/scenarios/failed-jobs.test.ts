/**
 * A rule that the service takes and whose job then fails, every time: it stands alone in the end, named, and what else was in its batch is in
 * force. A job that failed by chance convicts nobody.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { aCafe, anIngressOf, serviceName } from '#test/support/cafe.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import {
  ingressesOf,
  named,
  nameOf,
  refOf,
  refuseRules,
  ruleNameOf,
  ruleWrites,
  served,
  theAlbConfig,
  warnings,
} from '#test/support/refused-rules.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

const failing = { kind: 'failed-job', code: 'OperationFailed.RuleForward' };

async function cafeOf(count: number, settings: unknown = {}): Promise<Workbench> {
  const { objects, pods } = aCafe(count, 1);
  bench = await createWorkbench(objects, pods, settings);
  return bench;
}

const ruleOf = (index: number): string => ruleNameOf(anIngressOf(index), theAlbConfig(aCafe(1).objects));
const all = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

/** How often each action was called for rules. */
async function writesOf(chain: Workbench): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { action } of ruleWrites(await chain.calls())) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}

async function expectNothingMore(chain: Workbench): Promise<void> {
  await chain.calls();
  chain.resync();
  chain.changed();
  await chain.settle();
  expect(await chain.calls()).toEqual([]);
}

describe('a hundred Ingresses of which one has a rule whose job fails', () => {
  for (const index of whole ? [1, 64, 100] : [64]) {
    it(`number ${index}: 99 are live, one is named, and comes in when it is corrected`, async () => {
      const chain = await cafeOf(100);
      await refuseRules(chain, 'CreateRules', [ruleOf(index)], failing);
      chain.resync();
      await chain.settle();
      expect(await served(chain)).toEqual(all(100).flatMap((one) => (one === index ? [] : nameOf(one))));
      // The whole twice, one for each halving, the rule alone twice, and what comes after it; each that failed is cleared away.
      const { CreateRules = 0, DeleteRules = 0, ...others } = await writesOf(chain);
      console.log(`number ${index}: ${CreateRules} creations, ${DeleteRules} removals of what could not be made`);
      expect(CreateRules).toBeLessThanOrEqual(2 + 6 + 2 + 2);
      expect(DeleteRules).toBeLessThan(CreateRules);
      expect(others).toEqual({});
      expect(named(chain).filter((one) => one.includes('ingress'))).toEqual([`CLOUD-INVALID ${nameOf(index)}`]);
      expect(warnings(chain).at(-1)?.message).toContain(`rule host-${index}.example.com /`);
      expect(chain.kube.held('AlbConfig')).toMatchObject([
        {
          status: {
            conditions: [{ status: 'True', reason: 'PartlyApplied' }],
            ingresses: [{ name: nameOf(index), reason: 'CLOUD-INVALID' }],
          },
        },
      ]);
      await expectNothingMore(chain);
      await chain.alb.put('faults', []);
      const corrected = anIngress({ host: 'corrected.example.com', paths: [aPath('/', serviceName(index))] });
      await chain.kube.mergePatch(refOf(index), { spec: corrected.spec });
      chain.changed();
      await chain.settle();
      expect(await served(chain)).toHaveLength(100);
      expect(await writesOf(chain)).toEqual({ CreateRules: 1 });
      expect(chain.kube.held('AlbConfig')).toMatchObject([{ status: { conditions: [{ reason: 'Applied' }], ingresses: [] } }]);
    });
  }
});

describe('rules that change together', () => {
  it('change but for the one whose job fails, which stays as it is', async () => {
    const chain = await cafeOf(20);
    chain.resync();
    await chain.settle();
    await chain.calls();
    await refuseRules(chain, 'UpdateRulesAttribute', [ruleOf(7)], failing);
    for (const index of all(20)) {
      const turned = anIngress({ host: `host-${index}.example.com`, paths: [aPath('/', serviceName((index % 20) + 1))] });
      await chain.kube.mergePatch(refOf(index), { spec: turned.spec });
    }
    chain.changed();
    await chain.settle();
    expect(await served(chain)).toHaveLength(20);
    expect(named(chain).filter((one) => one.includes('ingress'))).toEqual([`CLOUD-INVALID ${nameOf(7)}`]);
    const { UpdateRulesAttribute = 0, ...others } = await writesOf(chain);
    expect(UpdateRulesAttribute).toBeLessThanOrEqual(2 + 5 + 2 + 5);
    expect(others).toEqual({});
    await expectNothingMore(chain);
  });
});

describe('jobs that fail by chance', () => {
  for (const times of [1, 2, 3]) {
    it(`convict nobody when ${times} in a row do`, async () => {
      const chain = await cafeOf(20);
      await chain.alb.put('faults', [{ match: { action: 'CreateRules' }, times, ...failing }]);
      chain.resync();
      await chain.settle();
      expect(await served(chain)).toEqual(all(20).map(nameOf));
      expect(named(chain).filter((one) => one.includes('ingress'))).toEqual([]);
      const { CreateRules = 0, DeleteRules = 0 } = await writesOf(chain);
      console.log(`${times} failures: ${CreateRules} creations, ${DeleteRules} removals of what could not be made`);
      expect(DeleteRules).toBe(times);
      if (times === 1) expect(CreateRules).toBe(2);
      await expectNothingMore(chain);
    });
  }

  it('convict nobody when the only rule of a batch is hit once', async () => {
    const chain = await cafeOf(1);
    await chain.alb.put('faults', [{ match: { action: 'CreateRules' }, times: 1, ...failing }]);
    chain.resync();
    await chain.settle();
    expect(await served(chain)).toEqual([nameOf(1)]);
    expect(await writesOf(chain)).toEqual({ CreateRules: 2, DeleteRules: 1 });
  });

  it('are not taken for the rule’s fault while the service has no time for anybody', async () => {
    const chain = await cafeOf(2);
    await chain.alb.put('faults', [{ match: { action: 'CreateRules' }, times: 6, kind: 'failed-job', code: 'SystemBusy' }]);
    chain.resync();
    await chain.settle();
    expect(await served(chain)).toEqual([1, 2].map(nameOf));
    expect(await writesOf(chain)).toEqual({ CreateRules: 7, DeleteRules: 6 });
  });
});

describe('several rules whose jobs fail', () => {
  it('are each named, and the others are in force', async () => {
    const bad = [3, 4, 11, 20];
    const chain = await cafeOf(20);
    await refuseRules(chain, 'CreateRules', bad.map(ruleOf), failing);
    chain.resync();
    await chain.settle();
    expect(await served(chain)).toEqual(
      ingressesOf(aCafe(20).objects).flatMap(({ metadata }, at) => (bad.includes(at + 1) ? [] : metadata.name)),
    );
    expect(
      named(chain)
        .filter((one) => one.includes('ingress'))
        .sort(),
    ).toEqual(bad.map((index) => `CLOUD-INVALID ${nameOf(index)}`));
    const { CreateRules = 0 } = await writesOf(chain);
    console.log(`4 of 20: ${CreateRules} creations`);
    expect(CreateRules).toBeLessThanOrEqual(bad.length * (2 + 5 + 2 + 1));
    await expectNothingMore(chain);
  });
});

describe('rules that could not be made and cannot be deleted either', () => {
  it('are in nobody’s way: the others are in force, one is named, and they go with their listener', async () => {
    const chain = await cafeOf(20, { failedRules: 'kept' });
    await refuseRules(chain, 'CreateRules', [ruleOf(7)], failing);
    chain.resync();
    await chain.settle();
    const statuses = async () => ((await chain.alb.state())['rules'] ?? []).map((rule) => rule['RuleStatus']);
    expect((await statuses()).filter((one) => one === 'Available')).toHaveLength(19);
    expect(named(chain).filter((one) => one.includes('ingress'))).toEqual([`CLOUD-INVALID ${nameOf(7)}`]);
    // Each is asked for once; then it is left.
    const { CreateRules = 0, DeleteRules = 0 } = await writesOf(chain);
    expect(DeleteRules).toBeLessThanOrEqual(CreateRules);
    await expectNothingMore(chain);
    await chain.alb.put('faults', []);
    await chain.kube.mergePatch(refOf(7), { spec: anIngress({ host: 'corrected.example.com', paths: [aPath('/', serviceName(7))] }).spec });
    chain.changed();
    await chain.settle();
    expect((await statuses()).filter((one) => one === 'Available')).toHaveLength(20);
    await expectNothingMore(chain);
    await chain.kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    chain.changed();
    await chain.settle();
    expect(await statuses()).toEqual([]);
    expect(chain.kube.held('Lease').length).toBeLessThanOrEqual(1);
  });
});
