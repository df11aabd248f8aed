/** A rule that the service refuses stands alone in the end: it is named, what else was in its batch is in force, and nothing is asked twice. */
import { afterEach, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { aCafe, anIngressOf, serviceName } from '#test/support/cafe.ts';
import { anIngress, aPath, toService } from '#test/support/objects.ts';
import {
  ingressesOf,
  named,
  nameOf,
  type RuleState,
  refOf,
  refuseRules,
  ruleNameOf,
  ruleWrites,
  served,
  theAlbConfig,
  warnings,
} from '#test/support/refused-rules.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

interface Kind {
  readonly what: string;
  readonly reason: string;
  readonly settings?: unknown;
  /** The Ingress in place of the good one. */
  readonly bad: (index: number) => KubeObject;
  /** The service refuses the rule of that name, for what nobody can see in it. */
  readonly secretly?: true;
}

const kinds: readonly Kind[] = [
  {
    what: 'more match values than a quota allows',
    reason: 'CLOUD-QUOTA',
    settings: { quotas: { conditionsPerRule: { Standard: 2 } } },
    bad: (index) => anIngress({ name: nameOf(index), host: `host-${index}.example.com`, paths: [aPath('/menu', serviceName(index))] }),
  },
  {
    what: 'a server group that does not exist',
    reason: 'CLOUD-INVALID',
    bad: (index) =>
      anIngress({
        name: nameOf(index),
        host: `host-${index}.example.com`,
        paths: [{ path: '/', pathType: 'Prefix', backend: toService('elsewhere', 'use-annotation') }],
        annotations: {
          'actions.elsewhere': JSON.stringify([
            { type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServerGroupID: 'sgp-nowhere', Weight: 100 }] } },
          ]),
        },
      }),
  },
  { what: 'a reason that only the service knows', reason: 'CLOUD-INVALID', bad: anIngressOf, secretly: true },
];

/** Three Ingresses, the rule of the second refused; from now on the service would take it. */
async function secondOfThreeRefused(): Promise<Workbench> {
  const { objects, pods } = aCafe(3, 1);
  const chain = await createWorkbench(objects, pods);
  bench = chain;
  await refuseRules(chain, 'CreateRules', [ruleNameOf(anIngressOf(2), theAlbConfig(objects))]);
  chain.resync();
  await chain.settle();
  expect(await served(chain)).toEqual([nameOf(1), nameOf(3)]);
  await chain.alb.put('faults', []);
  return chain;
}

async function hundredWith(kind: Kind, index: number): Promise<Workbench> {
  const { objects, pods } = aCafe(100, 1);
  const albConfig = theAlbConfig(objects);
  const bad = kind.bad(index);
  const swapped = objects.map((one) => (one.kind === 'AlbConfig' ? albConfig : one.metadata.name === nameOf(index) ? bad : one));
  const chain = await createWorkbench(swapped, pods, kind.settings);
  bench = chain;
  if (kind.secretly === true) await refuseRules(chain, 'CreateRules', [ruleNameOf(bad, albConfig)]);
  chain.resync();
  await chain.settle();
  return chain;
}

/** 2 * log2(100) + 3. */
const mostWrites = 16;

async function expectIsolated(chain: Workbench, reason: string, index: number): Promise<void> {
  const writes = ruleWrites(await chain.calls());
  const refused = writes.filter((one) => one.code !== '').length;
  console.log(`number ${index}: ${writes.length} writes of rules, ${refused} of them refused`);
  expect(writes.length).toBeLessThanOrEqual(mostWrites);
  expect(named(chain)).toEqual([`${reason} ${nameOf(index)}`]);
  expect(warnings(chain)[0]?.message).toContain(`rule host-${index}.example.com /`);
  expect(chain.kube.held('AlbConfig')).toMatchObject([
    {
      status: {
        conditions: [{ status: 'True', reason: 'PartlyApplied', message: expect.stringMatching(/^1 Ingress\(es\) are held; first: /) }],
        ingresses: [{ name: nameOf(index), reason }],
      },
    },
  ]);
  chain.resync();
  chain.changed();
  await chain.settle();
  expect(await chain.calls()).toEqual([]);
  expect(warnings(chain)).toHaveLength(1);
}

describe('a hundred Ingresses of which one is refused (ACK 1, ALC 11)', () => {
  for (const kind of kinds) {
    for (const index of kind.secretly === true ? [1, 64, 100] : [50]) {
      it(`for ${kind.what}, number ${index}: 99 are live, one is named, and comes in when it is corrected`, async () => {
        const chain = await hundredWith(kind, index);
        expect(await served(chain)).toEqual(
          ingressesOf(aCafe(100).objects).flatMap(({ metadata }) => (metadata.name === nameOf(index) ? [] : metadata.name)),
        );
        await expectIsolated(chain, kind.reason, index);
        const corrected = anIngress({ name: nameOf(index), host: 'corrected.example.com', paths: [aPath('/', serviceName(index))] });
        await chain.alb.put('faults', []);
        await chain.kube.mergePatch(refOf(index), { metadata: { annotations: null }, spec: corrected.spec });
        chain.changed();
        await chain.settle();
        expect(await served(chain)).toHaveLength(100);
        expect(ruleWrites(await chain.calls()).map((one) => `${one.action} ${one.code}`)).toEqual(['CreateRules ']);
        expect(chain.kube.held('AlbConfig')).toMatchObject([{ status: { conditions: [{ reason: 'Applied' }], ingresses: [] } }]);
      });
    }
  }
});

/** Groups that the rules of an Ingress point to. */
const targetsOf = async (chain: Workbench, index: number): Promise<string> => {
  const rules = ((await chain.alb.state())['rules'] ?? []) as unknown as readonly (RuleState & { readonly RuleActions: unknown })[]; // only compared
  return JSON.stringify(rules.filter((one) => one.RuleName.includes(nameOf(index))).map((one) => one.RuleActions));
};

describe('a hundred rules that change at once, of which one is refused', () => {
  it('are changed but for the one, which stays as it is until it is corrected', async () => {
    const { objects, pods } = aCafe(100, 1);
    const chain = await createWorkbench(objects, pods);
    bench = chain;
    chain.resync();
    await chain.settle();
    await chain.calls();
    await refuseRules(chain, 'UpdateRulesAttribute', [ruleNameOf(anIngressOf(37), theAlbConfig(objects))]);
    const before = await Promise.all([36, 37, 38].map((index) => targetsOf(chain, index)));
    for (let index = 1; index <= 100; index += 1) {
      const turned = anIngress({ host: `host-${index}.example.com`, paths: [aPath('/', serviceName((index % 100) + 1))] });
      await chain.kube.mergePatch(refOf(index), { spec: turned.spec });
    }
    chain.changed();
    await chain.settle();
    await expectIsolated(chain, 'CLOUD-INVALID', 37);
    const after = await Promise.all([36, 37, 38].map((index) => targetsOf(chain, index)));
    expect(after.map((one, at) => one === before[at])).toEqual([false, true, false]);
    await chain.alb.put('faults', []);
    await chain.kube.mergePatch(refOf(37), { spec: anIngress({ host: 'host-37.example.com', paths: [aPath('/', serviceName(5))] }).spec });
    chain.changed();
    await chain.settle();
    expect(ruleWrites(await chain.calls()).map((one) => `${one.action} ${one.code}`)).toEqual(['UpdateRulesAttribute ']);
  });
});

const toNowhere = (index: number, paths: number): KubeObject =>
  anIngress({
    name: nameOf(index),
    host: `host-${index}.example.com`,
    paths: Array.from({ length: paths }, (_, at) => ({
      path: `/p${at}`,
      pathType: 'Prefix' as const,
      backend: toService('elsewhere', 'use-annotation'),
    })),
    annotations: {
      'actions.elsewhere': JSON.stringify([
        { type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServerGroupID: 'sgp-nowhere', Weight: 100 }] } },
      ]),
    },
  });

describe('several rules that are refused', () => {
  it('of one Ingress are one Ingress that is named, and cost hardly more than one; of several Ingresses each is named', async () => {
    const { objects, pods } = aCafe(20, 1);
    const bad = new Map([4, 5, 13].map((index) => [nameOf(index), toNowhere(index, index === 13 ? 30 : 1)]));
    const swapped = objects.map((one) => (one.kind === 'AlbConfig' ? theAlbConfig(objects) : (bad.get(one.metadata.name) ?? one)));
    const chain = await createWorkbench(swapped, pods);
    bench = chain;
    chain.resync();
    await chain.settle();
    expect(await served(chain)).toHaveLength(17);
    expect([...named(chain)].sort()).toEqual([4, 5, 13].map((index) => `CLOUD-INVALID ${nameOf(index)}`).sort());
    expect(ruleWrites(await chain.calls()).length).toBeLessThanOrEqual(3 * 8);
    chain.resync();
    await chain.settle();
    expect(await chain.calls()).toEqual([]);
  });

  it('are tried again when the chain is asked again after half an hour, and not before', async () => {
    const chain = await secondOfThreeRefused();
    await chain.calls();
    await chain.sweep();
    await chain.settle();
    expect(ruleWrites(await chain.calls())).toEqual([]);
    chain.kube.advance(30 * 60 * 1000);
    await chain.sweep();
    await chain.settle();
    expect(await served(chain)).toEqual([1, 2, 3].map(nameOf));
    expect(chain.kube.held('AlbConfig')).toMatchObject([{ status: { conditions: [{ reason: 'Applied' }], ingresses: [] } }]);
  });

  it('are found whatever call the one who looks for them dies at, and whether or not its answer was lost', async () => {
    const { objects, pods } = aCafe(5, 1);
    const swapped = objects.map((one) =>
      one.kind === 'AlbConfig' ? theAlbConfig(objects) : one.metadata.name === nameOf(3) ? toNowhere(3, 2) : one,
    );
    let deaths = 0;
    // From the first call of the chain to beyond its last one.
    for (let calls = 4; calls <= 150; calls += 7) {
      const chain = await createWorkbench(swapped, pods);
      bench = chain;
      chain.dieAfter(calls, calls % 2 === 0);
      chain.resync();
      await chain.settle();
      deaths += chain.died() ? 1 : 0;
      expect(await served(chain)).toEqual([1, 2, 4, 5].map(nameOf));
      expect(named(chain)).toEqual([`CLOUD-INVALID ${nameOf(3)}`]);
      chain.resync();
      await chain.settle();
      await chain.calls();
      chain.resync();
      await chain.settle();
      expect(await chain.calls()).toEqual([]);
      await chain.stop();
    }
    expect(deaths).toBeGreaterThan(10);
  });

  it('are tried again when their listener changes: it may be what they lacked', async () => {
    const chain = await secondOfThreeRefused();
    const listeners = [{ port: 80, protocol: 'HTTP', idleTimeout: 30 }];
    await chain.kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: 'cafe' }, { spec: { listeners } });
    chain.changed();
    await chain.settle();
    expect(await served(chain)).toEqual([1, 2, 3].map(nameOf));
  });

  it('are not blamed for a group of ours that somebody deleted: it is made again', async () => {
    const { objects, pods } = aCafe(3, 1);
    const chain = await createWorkbench(objects, pods);
    bench = chain;
    chain.resync();
    await chain.settle();
    const alb = createAlb(chain.alb.options);
    const [, second] = (await alb.findServerGroups({})).filter((one) => one.serverCount > 0);
    // A rule is not in the way of its group's deletion any more once it is gone itself.
    const rules = await alb.listRules((await alb.findLoadBalancers({}))[0]?.loadBalancerId ?? '', 'Request');
    const pointing = rules.filter((rule) => JSON.stringify(rule.ruleActions).includes(second?.serverGroupId ?? 'none'));
    await alb.deleteRules(
      pointing.map((rule) => rule.ruleId),
      'by-hand-1',
    );
    chain.alb.clock.advance(60_000);
    await alb.deleteServerGroup(second?.serverGroupId ?? '', 'by-hand-2');
    chain.alb.clock.advance(60_000);
    alb.close();
    // Only the rules are looked at anew: the groups are remembered as they were.
    await chain.kube.mergePatch(refOf(1), { spec: anIngress({ host: 'moved.example.com', paths: [aPath('/', serviceName(1))] }).spec });
    chain.changed();
    await chain.settle();
    expect(await served(chain)).toEqual([1, 2, 3].map(nameOf));
    expect(named(chain)).toEqual([]);
  });
});
