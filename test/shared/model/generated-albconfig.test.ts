import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import { generatedAlbConfig } from '#shared/model/generated-albconfig.ts';
import { anIngress, aSite, aWish } from '#test/support/objects.ts';

describe('an AlbConfig made for an Ingress', () => {
  it('has the defaults of the existing controllers', () => {
    expect(generatedAlbConfig('cafe', [anIngress()])).toEqual({
      albConfig: {
        apiVersion: 'alibabacloud.com/v1',
        kind: 'AlbConfig',
        metadata: { name: 'cafe', annotations: { 'albeit.io/generated-for': 'shop/cafe' } },
        spec: {
          config: { addressType: 'Internet', edition: 'Standard', billingConfig: { payType: 'PostPay' } },
          listeners: [{ protocol: 'HTTP', port: 80 }],
        },
      },
    });
  });

  it('serves that Ingress without complaint', () => {
    const { albConfig } = generatedAlbConfig('cafe', [anIngress()]) ?? {};
    expect(buildStack(aWish({ albConfig }), aSite)).toMatchObject({ want: 'present', problems: [], held: [] });
  });

  it('takes every legacy annotation', () => {
    const annotations = {
      id: 'alb-1',
      'force-override-listeners': 'true',
      name: 'shop',
      'address-type': 'Intranet',
      'address-allocated-mode': 'Fixed',
      'charge-type': 'PostPay',
      edition: 'StandardWithWaf',
      'vswitch-ids': 'vsw-a, vsw-b',
      'access-log': '{"project":"p","logstore":"alb_s"}',
      'listen-ports': '[{"HTTPS":443},{"HTTP":80}]',
    };
    expect(generatedAlbConfig('cafe', [anIngress({ annotations })])?.albConfig?.spec).toEqual({
      config: {
        id: 'alb-1',
        forceOverride: true,
        name: 'shop',
        addressType: 'Intranet',
        addressAllocatedMode: 'Fixed',
        billingConfig: { payType: 'PostPay' },
        edition: 'StandardWithWaf',
        zoneMappings: [{ vSwitchId: 'vsw-a' }, { vSwitchId: 'vsw-b' }],
        accessLogConfig: { logProject: 'p', logStore: 'alb_s' },
      },
      listeners: [
        { protocol: 'HTTP', port: 80 },
        { protocol: 'HTTPS', port: 443 },
      ],
    });
  });

  it('is what the first Ingress says, with the listeners of all, whatever their order', () => {
    const first = anIngress({ name: 'z', annotations: { order: '1', 'address-type': 'Intranet' } });
    const second = anIngress({ name: 'a', annotations: { 'listen-ports': '[{"HTTP":8080}]' } });
    const made = generatedAlbConfig('cafe', [second, first]);
    expect(made?.albConfig?.spec).toMatchObject({ config: { addressType: 'Intranet' }, listeners: [{ port: 80 }, { port: 8080 }] });
    expect(generatedAlbConfig('cafe', [first, second])).toEqual(made);
  });

  it('is not made from an invalid annotation, nor for Ingresses that are being deleted', () => {
    expect(generatedAlbConfig('cafe', [anIngress({ annotations: { edition: 'Gold' } })])?.problems).toMatchObject([
      { code: 'ANNOTATION-INVALID', object: { name: 'cafe' } },
    ]);
    const wish = aWish({ albConfig: undefined, ingresses: [anIngress({ annotations: { edition: 'Gold' } })] });
    expect(buildStack(wish, aSite)).toMatchObject({ want: 'remove', problems: [{ code: 'ANNOTATION-INVALID' }] });
    expect(generatedAlbConfig('cafe', [anIngress({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })])).toBeUndefined();
  });
});
