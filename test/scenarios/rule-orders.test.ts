/** However the changes of a morning were ordered, and whenever they were looked at, the same rules are in force at noon. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import { aCafe, serviceName } from '#test/support/cafe.ts';
import { cloudShape } from '#test/support/cloud-shape.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const refOf = (index: number) => ({ kind: 'Ingress', namespace: 'shop', name: `ingress-00${index}` }) as const;
const prefix = 'alb.ingress.kubernetes.io/';
const annotate = (index: number, annotations: Readonly<Record<string, string>>) => (chain: Workbench) =>
  chain.kube.mergePatch(refOf(index), {
    metadata: { annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${prefix}${key}`, value])) },
  });
const create = (ingress: KubeObject) => (chain: Workbench) => chain.kube.create(ingress);

/** Each is about another Ingress, so they can come in any order. */
const changes: readonly ((chain: Workbench) => Promise<unknown>)[] = [
  (chain) => chain.kube.remove(refOf(1)),
  annotate(2, { order: '99' }),
  annotate(3, { 'traffic-limit-qps': '10' }),
  annotate(4, { [`conditions.${serviceName(4)}`]: JSON.stringify([{ type: 'Method', methodConfig: { values: ['GET'] } }]) }),
  create(
    anIngress({
      name: 'canary',
      host: 'host-5.example.com',
      paths: [aPath('/', serviceName(6))],
      annotations: { canary: 'true', 'canary-weight': '20' },
    }),
  ),
  create(anIngress({ name: 'a-first', host: '*.example.com', paths: [aPath('/tea', serviceName(6)), aPath('/', serviceName(5))] })),
];

/** What is in force, with what the rules do besides forwarding. */
async function inForce(chain: Workbench): Promise<unknown> {
  const rules = (await chain.alb.state())['rules'] ?? [];
  const types = [...rules]
    .sort((a, b) => Number(a['Priority']) - Number(b['Priority']))
    // The snapshot's own shape: only compared.
    .map((rule) => (rule['RuleActions'] as readonly { readonly Type: string }[]).map((action) => action.Type));
  return [await cloudShape(chain.alb), types];
}

async function noonAfter(order: readonly number[], pauses: readonly boolean[]): Promise<unknown> {
  const { objects, pods } = aCafe(6, 1);
  const chain = await createWorkbench(objects, pods);
  try {
    chain.resync();
    await chain.settle();
    for (const [at, index] of order.entries()) {
      await changes[index]?.(chain);
      chain.changed();
      if (pauses[at] === true) await chain.settle();
    }
    await chain.settle();
    await chain.calls();
    const shape = await inForce(chain);
    chain.resync();
    await chain.settle();
    expect(await chain.calls()).toEqual([]);
    return shape;
  } finally {
    await chain.stop();
  }
}

describe('changes of rules', () => {
  it('in any two orders give the same rules', async () => {
    const all = changes.map((_, index) => index);
    const straight = await noonAfter(all, []);
    for (const trace of ['TrafficLimit', 'GET', '*.example.com']) expect(JSON.stringify(straight)).toContain(trace);
    const order = fc.tuple(
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length }),
    );
    await fc.assert(
      fc.asyncProperty(order, async ([some, pauses]) => {
        expect(await noonAfter(some, pauses)).toEqual(straight);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
});
