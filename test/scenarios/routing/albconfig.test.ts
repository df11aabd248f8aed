/** Annotations of the AlbConfig itself, and those that make one where none exists. */
import { afterEach, describe, expect, it } from 'vitest';
import type { RawAlbConfig } from '#shared/model/wish.ts';
import { aPath } from '#test/support/objects.ts';
import { cafeWith, expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, hostOf } from '#test/support/routed-objects.ts';

let shop: Routed | undefined;
afterEach(() => shop?.stop());

const writesOf = async (one: Routed): Promise<readonly string[]> =>
  (await one.bench.calls()).filter((call) => call.write).map((call) => call.action);

describe('annotation albeit.io/mode', () => {
  it('observe and paused leave the ALB as it is; manage goes on from there', async () => {
    shop = await routed({ ingresses: [annotated('first', {})] });
    const to = (service: string) => annotated('first', {}, [aPath('/', service)]);
    await shop.bench.calls();
    for (const mode of ['observe', 'paused']) {
      await shop.apply(cafeWith({ 'albeit.io/mode': mode }), to('coffee'));
      expect(await writesOf(shop), mode).toEqual([]);
      expect(await shop.goesTo({ host: hostOf('first') }), mode).toBe('tea');
    }
    await shop.apply(cafeWith({ 'albeit.io/mode': 'manage' }));
    expect(await shop.goesTo({ host: hostOf('first') })).toBe('coffee');
    await expectQuiet(shop);
  });

  it('of another word touches nothing', async () => {
    shop = await routed({ ingresses: [annotated('first', {})] });
    await shop.bench.calls();
    await shop.apply(cafeWith({ 'albeit.io/mode': 'on' }), annotated('first', {}, [aPath('/', 'coffee')]));
    expect(await writesOf(shop)).toEqual([]);
    expect(await shop.goesTo({ host: hostOf('first') })).toBe('tea');
    expect(shop.warnings('AlbConfig/cafe').map((one) => one.reason)).toEqual(['ANNOTATION-INVALID']);
    await expectQuiet(shop);
  });
});

interface Made {
  readonly config: Readonly<Record<string, unknown>> | undefined;
  readonly answer: string | number | undefined;
  readonly balancers: readonly Readonly<Record<string, unknown>>[];
  readonly warnings: readonly string[];
}

/** What is made for an Ingress that names AlbConfig `cafe`, which does not exist. */
async function makes(annotations: Readonly<Record<string, string>>): Promise<Made> {
  shop = await routed({ albConfig: 'none', ingresses: [annotated('first', annotations)] });
  const [made] = shop.bench.kube.held<RawAlbConfig>('AlbConfig');
  const open = shop.plane.describe().length > 0;
  await expectQuiet(shop);
  return {
    // The section that the generator writes.
    config: made?.spec?.['config'] as Made['config'],
    answer: open ? await shop.goesTo({ host: hostOf('first') }) : undefined,
    balancers: (await shop.bench.alb.state())['loadBalancers'] ?? [],
    warnings: shop.warnings().map((one) => `${one.reason} ${one.object}`),
  };
}

const served: readonly {
  readonly key: string;
  readonly value: string;
  readonly config: object;
  /** Members of the ALB as the service tells them. */
  readonly balancer: object;
  readonly told: readonly string[];
}[] = [
  { key: 'name', value: 'by-hand', config: { name: 'by-hand' }, balancer: { LoadBalancerName: 'by-hand' }, told: [] },
  { key: 'address-type', value: 'Intranet', config: { addressType: 'Intranet' }, balancer: { AddressType: 'Intranet' }, told: [] },
  {
    key: 'address-allocated-mode',
    value: 'Fixed',
    config: { addressAllocatedMode: 'Fixed' },
    balancer: { AddressAllocatedMode: 'Fixed' },
    told: [],
  },
  { key: 'charge-type', value: 'PostPay', config: { billingConfig: { payType: 'PostPay' } }, balancer: {}, told: [] },
  {
    key: 'edition',
    value: 'StandardWithWaf',
    config: { edition: 'StandardWithWaf' },
    balancer: { LoadBalancerEdition: 'StandardWithWaf' },
    told: [],
  },
  {
    key: 'vswitch-ids',
    value: 'vsw-local-a, vsw-local-b',
    config: { zoneMappings: [{ vSwitchId: 'vsw-local-a' }, { vSwitchId: 'vsw-local-b' }] },
    balancer: {},
    told: [],
  },
  {
    key: 'force-override-listeners',
    value: 'true',
    config: { forceOverride: true },
    balancer: {},
    told: ['CONFIG-UNSUPPORTED AlbConfig/cafe'],
  },
  {
    key: 'access-log',
    value: '{"project":"p","logstore":"alb_l"}',
    config: { accessLogConfig: { logProject: 'p', logStore: 'alb_l' } },
    balancer: {},
    told: ['CONFIG-UNSUPPORTED AlbConfig/cafe'],
  },
];

for (const { key, value, config, balancer, told } of served) {
  describe(`annotation ${key}`, () => {
    it(`${value} is taken over into the AlbConfig that is made, and its ALB answers`, async () => {
      const made = await makes({ [key]: value });
      expect(made.config).toMatchObject(config);
      expect(made.balancers).toEqual([expect.objectContaining(balancer)]);
      expect(made.answer).toBe('tea');
      expect(made.warnings).toEqual(told);
    });
  });
}

describe('annotation id', () => {
  it('of an ALB that exists is taken over, and no other ALB is made: reuse is not served yet, and says so', async () => {
    const made = await makes({ id: 'alb-of-others' });
    expect(made.config).toMatchObject({ id: 'alb-of-others' });
    expect(made.balancers).toEqual([]);
    expect(made.warnings).toEqual(['CONFIG-UNSUPPORTED AlbConfig/cafe']);
  });
});

describe('an annotation of an ALB to be made that is wrong', () => {
  it('makes nothing and is told', async () => {
    const made = await makes({ 'charge-type': 'PrePay' });
    expect(made).toMatchObject({ config: undefined, balancers: [], answer: undefined });
    expect(made.warnings).toEqual(['ANNOTATION-INVALID Ingress/first']);
  });
});
