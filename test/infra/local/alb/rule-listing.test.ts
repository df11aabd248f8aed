/** A client that compares rules by their text rewrites them for ever, for the service may spell them as it likes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json } from '#test/support/routed-objects.ts';
import { startCloudUnderTest } from './cloud-under-test.ts';
import { forward, rule } from './samples.ts';

describe('ListRules that says rules in other words', () => {
  it('turns what has no order, and fills in what was not said', async () => {
    const cloud = await startCloudUnderTest({ listedRules: 'spelled-out' });
    const ids = await cloud.listener();
    await cloud.ok('CreateRule', {
      ListenerId: ids.listenerId,
      ...rule(10, ids.serverGroupId),
      RuleConditions: [
        { Type: 'SourceIp', SourceIpConfig: { Values: ['10.0.0.1', '10.1.0.0/16', '2001:db8::1'] } },
        { Type: 'Path', PathConfig: { Values: ['/a', '/b'] } },
      ],
      RuleActions: [{ Type: 'TrafficLimit', Order: 1, TrafficLimitConfig: { QPS: 5 } }, forward(ids.serverGroupId, 2)],
    });
    cloud.settle();
    const listed = await cloud.ok('ListRules', { ListenerIds: [ids.listenerId] });
    expect(listed['Rules']).toMatchObject([
      {
        RuleConditions: [
          { PathConfig: { Values: ['/b', '/a'] } },
          { SourceIpConfig: { Values: ['2001:db8::1/128', '10.1.0.0/16', '10.0.0.1/32'] } },
        ],
        RuleActions: [
          { TrafficLimitConfig: { QPS: 5, PerIpQps: 0 } },
          { ForwardGroupConfig: { ServerGroupStickySession: { Enabled: false, Timeout: 1000 } } },
        ],
      },
    ]);
    await cloud.service.stop();
  });

  describe('under the chain', () => {
    let shop: Routed;
    beforeAll(async () => {
      shop = await routed({ settings: { listedRules: 'spelled-out' } });
    });
    afterAll(() => shop?.stop());

    it('is still what was asked for: nothing is written again', async () => {
      const weights = { ServerGroups: ['tea', 'coffee'].map((ServiceName) => ({ ServiceName, ServicePort: 80, Weight: 50 })) };
      await shop.apply(
        annotated('plain', {}),
        annotated('marked', {
          'enable-cors': 'true',
          'cors-allow-origin': 'https://a.example.org,https://b.example.org',
          'traffic-limit-qps': '50',
        }),
        annotated('secure', { 'ssl-redirect': 'true' }),
        annotated('asking', {
          'conditions.tea': json(
            { type: 'SourceIp', sourceIpConfig: { values: ['127.0.0.1', '10.0.0.0/8'] } },
            { type: 'Header', headerConfig: { key: 'X-Kind', values: ['green', 'black'] } },
          ),
        }),
        annotated('split', { 'actions.split': json({ type: 'ForwardGroup', ForwardConfig: weights }) }, [byAnnotation('split')]),
      );
      expect(await shop.goesTo({ host: hostOf('plain') })).toBe('tea');
      expect(await shop.goesTo({ host: hostOf('asking'), headers: { 'X-Kind': 'black' } })).toBe('tea');
      expect(await shop.goesTo({ host: hostOf('asking'), headers: { 'X-Kind': 'red' } })).toBe(503);
      expect(await shop.spread(4, { host: hostOf('split') })).toEqual({ tea: 2, coffee: 2 });
      await expectQuiet(shop);
    });
  });
});
