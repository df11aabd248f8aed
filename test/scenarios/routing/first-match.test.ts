/**
 * Whatever Ingresses there are and however they came about, a request goes where reading them from the top sends it: an account of the rules
 * in a few lines, independent of the model, is compared with what the load balancer answers.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ingress, IngressPath } from '#shared/model/wish.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed, type To } from '#test/support/routed.ts';
import { json } from '#test/support/routed-objects.ts';

const services = ['coffee', 'tea', 'juice'] as const;
const types = ['Exact', 'Prefix', 'ImplementationSpecific'] as const;

interface Draft {
  readonly order: number | undefined;
  readonly host: string | undefined;
  readonly paths: readonly { readonly path: string; readonly type: (typeof types)[number]; readonly service: (typeof services)[number] }[];
  /** Its rules of this Service want the header `X-Kind: red`. */
  readonly picky: (typeof services)[number] | undefined;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  order: fc.option(fc.integer({ min: 8, max: 12 }), { nil: undefined }),
  host: fc.constantFrom('a.example.com', 'b.example.com', '*.example.com', undefined),
  paths: fc.array(
    fc.record({
      path: fc.constantFrom('/', '/one', '/one/two'),
      type: fc.constantFrom(...types),
      service: fc.constantFrom(...services),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  picky: fc.option(fc.constantFrom(...services), { nil: undefined }),
});
/** By name: a name that is absent has no Ingress. */
const wish = fc.dictionary(fc.constantFrom('i1', 'i2', 'i3', 'i4'), draft, { minKeys: 1 });
type Wish = Readonly<Record<string, Draft>>;

const ingressOf = (name: string, { order, host, paths, picky }: Draft): Ingress => {
  const condition = json({ type: 'Header', headerConfig: { key: 'X-Kind', values: ['red'] } });
  const used = picky !== undefined && paths.some((one) => one.service === picky);
  const listed: readonly IngressPath[] = paths.map((one) => aPath(one.path, one.service, one.type));
  return anIngress({
    name,
    annotations: {
      ...(order === undefined ? {} : { order: String(order) }),
      ...(used ? { [`conditions.${picky}`]: condition } : {}),
    },
    spec: { ingressClassName: 'alb', rules: [{ ...(host === undefined ? {} : { host }), http: { paths: listed } }] },
  });
};

const hostFits = (wanted: string | undefined, host: string): boolean =>
  wanted === undefined || wanted === host || (wanted.startsWith('*') && host.endsWith(wanted.slice(1)));
const pathFits = (type: string, wanted: string, path: string): boolean =>
  type === 'Prefix' ? wanted === '/' || path === wanted || path.startsWith(`${wanted}/`) : path === wanted;

/** Where reading the Ingresses from the top sends a request. */
function reading(all: Wish, host: string, path: string, red: boolean): string | number {
  const sorted = Object.entries(all).sort(([a, one], [b, other]) => (one.order ?? 10) - (other.order ?? 10) || (a < b ? -1 : 1));
  for (const [, one] of sorted) {
    if (!hostFits(one.host, host)) continue;
    const found = one.paths.find(({ type, path: wanted, service }) => pathFits(type, wanted, path) && (red || service !== one.picky));
    if (found !== undefined) return found.service;
  }
  return 503;
}

let shop: Routed;
beforeAll(async () => {
  shop = await routed({ services });
});
afterAll(() => shop?.stop());

async function become(all: Wish): Promise<void> {
  const gone = shop.bench.kube.held('Ingress').filter((one) => all[one.metadata.name] === undefined);
  await shop.erase(...gone);
  await shop.write(...Object.entries(all).map(([name, one]) => ingressOf(name, one)));
  await shop.settle();
}

const questions = ['a.example.com', 'b.example.com', 'c.example.com', 'example.org'].flatMap((host) =>
  ['/', '/one', '/one/two', '/onetwo'].flatMap((path) => [true, false].map((red) => ({ host, path, red }))),
);

describe('the first rule that matches', () => {
  it('is the one that a reader finds, after any changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 2, maxLength: 4 }), async (wishes) => {
        for (const all of wishes) {
          await become(all);
          for (const { host, path, red } of questions) {
            const to: To = { host, path, ...(red ? { headers: { 'X-Kind': 'red' } } : {}) };
            expect(await shop.goesTo(to), JSON.stringify({ all, to })).toBe(reading(all, host, path, red));
          }
        }
        await expectQuiet(shop);
      }),
      { numRuns: 6 },
    );
  });
});
