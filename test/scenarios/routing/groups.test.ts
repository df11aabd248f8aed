/** Server groups that annotations name: those made elsewhere, copies of requests, protocols, and how pods are attached. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { groupSettings } from '#test/support/alb-settings.ts';
import { callGrpc } from '#test/support/grpc-call.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { cafeWith, expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, byAnnotation, hostOf, json, withTls } from '#test/support/routed-objects.ts';
import type { Speaks } from '#test/support/routed-servers.ts';
import { until } from '#test/support/until.ts';

let shop: Routed;
let foreign: string;
/** A group that somebody made by hand, with a server of its own. */
async function makeGroup(name: string): Promise<string> {
  const alb = createAlb(shop.bench.alb.options);
  const slice = await shop.startPods(name, 1);
  const serverIp = slice.endpoints[0]?.addresses[0] ?? '';
  const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: 'vpc-local' } as const;
  const settings = groupSettings({ serverGroupName: name, serviceName: name });
  const { serverGroupId } = await alb.createServerGroup({ settings, fixed, tags: {}, clientToken: `${name}-1` });
  shop.pass(10_000);
  const serverId = `eni-${serverIp.replaceAll('.', '-')}`;
  await alb.addServers(serverGroupId, [{ serverType: 'Eni', serverId, serverIp, port: 8080, weight: 100 }], `${name}-2`);
  shop.pass(10_000);
  alb.close();
  return serverGroupId;
}

beforeAll(async () => {
  shop = await routed();
  foreign = await makeGroup('elsewhere');
});
afterAll(() => shop?.stop());

const forwardTo = (ServerGroupID: string) => ({ type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServerGroupID }] } });
const mirrorTo = (tuple: object) => ({
  type: 'TrafficMirror',
  TrafficMirrorConfig: { TargetType: 'ForwardGroupMirror', MirrorGroupConfig: { ServerGroupTuples: [tuple] } },
});

describe('annotation albeit.io/foreign-server-groups', () => {
  it('says which groups made elsewhere an action may name; without it the Ingress is held', async () => {
    await shop.apply(annotated('to-foreign', { 'actions.act': json(forwardTo(foreign)) }, [byAnnotation('act')]), annotated('beside', {}));
    expect(await shop.goesTo({ host: hostOf('to-foreign') })).toBe(503);
    expect(await shop.goesTo({ host: hostOf('beside') })).toBe('tea');
    expect(shop.warnings('Ingress/to-foreign')).toEqual([
      expect.objectContaining({ reason: 'GROUP-FOREIGN', message: expect.stringContaining(foreign) }),
    ]);
    await expectQuiet(shop);
    for (const allowed of [`${foreign},sgp-other`, '*']) {
      await shop.apply(cafeWith({ 'albeit.io/foreign-server-groups': allowed }));
      expect(await shop.goesTo({ host: hostOf('to-foreign') })).toBe('elsewhere');
      await expectQuiet(shop);
    }
  });

  it('never makes the group ours: it and its servers outlive every rule that named them', async () => {
    await shop.remove({ kind: 'Ingress', namespace: 'shop', name: 'to-foreign' });
    const groups = (await shop.bench.alb.state())['serverGroups'] ?? [];
    const [group] = groups.filter((one) => one['ServerGroupId'] === foreign);
    expect(group?.['Servers']).toHaveLength(1);
    await expectQuiet(shop);
  });

  it('lets a rule share requests between such a group and a Service', async () => {
    await shop.apply(cafeWith({ 'albeit.io/foreign-server-groups': foreign }));
    const ServerGroups = [
      { ServerGroupID: foreign, Weight: 50 },
      { ServiceName: 'tea', ServicePort: 80, Weight: 50 },
    ];
    const action = { type: 'ForwardGroup', ForwardConfig: { ServerGroups } };
    await shop.apply(annotated('shared', { 'actions.act': json(action) }, [byAnnotation('act')]));
    expect(await shop.spread(10, { host: hostOf('shared') })).toEqual({ elsewhere: 5, tea: 5 });
    await expectQuiet(shop);
  });

  it('that is taken back leaves the rule as it was and says so', async () => {
    await shop.apply(cafeWith());
    expect(await shop.spread(10, { host: hostOf('shared') })).toEqual({ elsewhere: 5, tea: 5 });
    expect(shop.warnings('Ingress/shared').map((one) => one.reason)).toEqual(['GROUP-FOREIGN']);
    await expectQuiet(shop);
    await shop.remove({ kind: 'Ingress', namespace: 'shop', name: 'shared' });
  });
});

describe('TrafficMirror in actions.<service>', () => {
  it('sends a copy of every request to a group made elsewhere, and its answer to nobody', async () => {
    await shop.apply(cafeWith({ 'albeit.io/foreign-server-groups': '*' }));
    await shop.apply(annotated('mirrored', { 'actions.tea': json(mirrorTo({ ServerGroupID: foreign })) }));
    const before = shop.served('elsewhere');
    for (let times = 0; times < 3; times++) expect(await shop.goesTo({ host: hostOf('mirrored') })).toBe('tea');
    await until(() => shop.served('elsewhere') === before + 3, 'copies of three requests');
    await expectQuiet(shop);
  });

  it('names a Service as well', async () => {
    await shop.apply(annotated('mirrored-2', { 'actions.tea': json(mirrorTo({ ServiceName: 'coffee', ServicePort: 80 })) }));
    const before = shop.served('coffee');
    expect(await shop.goesTo({ host: hostOf('mirrored-2') })).toBe('tea');
    await until(() => shop.served('coffee') === before + 1, 'the copy of a request');
    await expectQuiet(shop);
  });

  it('does not go with a rewrite, nor to where the request itself goes', async () => {
    const rewrite = { type: 'Rewrite', RewriteConfig: { Path: '/a' } };
    await shop.apply(
      annotated('mirror-rewrite', { 'actions.tea': json(mirrorTo({ ServiceName: 'coffee', ServicePort: 80 }), rewrite) }),
      annotated('mirror-self', { 'actions.tea': json(mirrorTo({ ServiceName: 'tea', ServicePort: 80 })) }),
    );
    for (const name of ['mirror-rewrite', 'mirror-self']) {
      expect(await shop.goesTo({ host: hostOf(name) })).toBe(503);
      expect(shop.warnings(`Ingress/${name}`)).toHaveLength(1);
      expect(shop.warnings(`Ingress/${name}`)[0]).toMatchObject({ message: expect.stringContaining('TrafficMirror') });
    }
    await expectQuiet(shop);
  });
});

describe('annotation backend-protocol', () => {
  const protocols = async (service: string): Promise<readonly unknown[]> =>
    ((await shop.bench.alb.state())['serverGroups'] ?? [])
      .filter((one) => String(one['ServerGroupName']).includes(service))
      .map((one) => String(one['Protocol']).toUpperCase());

  it('http is what it is without it', async () => {
    await shop.apply(aService('plain'), annotated('plain-http', { 'backend-protocol': 'http' }, [aPath('/', 'plain')]));
    expect(await shop.goesTo({ host: hostOf('plain-http') })).toBe('plain');
    expect(await protocols('plain')).toEqual(['HTTP']);
    await expectQuiet(shop);
  });

  /** A Service whose pods speak this and nothing else, and nobody's certificate. */
  async function speaker(name: string, speaks: Speaks): Promise<void> {
    const slice = await shop.startPods(name, 1, { speaks });
    await shop.apply(aService(name), slice);
    shop.bench.membersChanged('shop', name);
  }
  const speaking = (name: string, protocol: string) => withTls(annotated(name, { 'backend-protocol': protocol }, [aPath('/', name)]));

  it('https asks the pods over TLS, whoever vouches for them, which http does not; a change of it collects the old group', async () => {
    const url = { host: hostOf('secret'), path: '/beans?x=1', port: 443 };
    await speaker('secret', 'https');
    await shop.apply(speaking('secret', 'http'));
    expect(await shop.goesTo(url)).toBe(502);
    expect(await protocols('secret')).toEqual(['HTTP']);
    await shop.apply(speaking('secret', 'https'));
    expect(await shop.ask(url)).toMatchObject({ status: 200, pod: 'secret-0', echo: { path: '/beans?x=1', host: hostOf('secret') } });
    expect(await protocols('secret')).toEqual(['HTTPS']);
    await expectQuiet(shop);
  });

  it('grpc calls the pods by HTTP/2, which http does not, and their trailers reach the client; a change of it collects the old group', async () => {
    const call = () => callGrpc(shop.urlOf(443), { host: hostOf('orders'), path: '/shop.Orders/List', messages: ['one'] });
    await speaker('orders', 'grpc');
    await shop.apply(speaking('orders', 'http'));
    expect((await call()).status).toBe(502);
    expect(await protocols('orders')).toEqual(['HTTP']);
    await shop.apply(speaking('orders', 'grpc'));
    const { status, messages, trailers } = await call();
    expect({ status, trailers }).toMatchObject({ status: 200, trailers: { 'grpc-status': '0' } });
    expect(messages.map((one) => JSON.parse(one))).toMatchObject([
      { pod: 'orders-0', path: '/shop.Orders/List', host: hostOf('orders'), method: 'POST', proto: 'HTTP/2.0' },
    ]);
    expect(await protocols('orders')).toEqual(['GRPC']);
    expect(shop.warnings('Ingress/orders')).toEqual([]);
    await expectQuiet(shop);
  });

  it('grpc needs a TLS section, and its capitals are refused: nobody else is concerned', async () => {
    await shop.apply(
      annotated('grpc-plain', { 'backend-protocol': 'grpc' }),
      annotated('capitals', { 'backend-protocol': 'HTTPS' }),
      annotated('quiet', {}),
    );
    expect(await shop.goesTo({ host: hostOf('grpc-plain') })).toBe(503);
    expect(await shop.goesTo({ host: hostOf('capitals') })).toBe(503);
    expect(await shop.goesTo({ host: hostOf('quiet') })).toBe('tea');
    expect(shop.warnings('Ingress/grpc-plain').map((one) => one.reason)).toEqual(['GRPC-NEEDS-TLS']);
    expect(shop.warnings('Ingress/capitals').map((one) => one.reason)).toEqual(['ANNOTATION-INVALID']);
    await expectQuiet(shop);
  });
});
