import { afterEach, describe, expect, it } from 'vitest';
import { type CloudUnderTest, groupOf, startCloudUnderTest } from './cloud-under-test.ts';
import { forward, nobody, rule, sample, server, type WireParams } from './samples.ts';

let cloud: CloudUnderTest;
afterEach(() => cloud.service.stop());

const shown = async (id: string): Promise<Readonly<Record<string, unknown>> | undefined> =>
  // The list of the service holds objects.
  ((await cloud.ok('ListServerGroups', { ServerGroupIds: [id] }))['ServerGroups'] as readonly Readonly<Record<string, unknown>>[])[0];

const plain: WireParams = {
  ServerGroupName: 'plain',
  VpcId: 'vpc-local',
  HealthCheckConfig: { HealthCheckEnabled: true },
};
const made = async (more: WireParams = {}): Promise<string> => {
  const answer = await cloud.ok('CreateServerGroup', { ...plain, ...more });
  cloud.settle();
  return String(answer['ServerGroupId']);
};
const creating = (more: WireParams) => cloud.codeOf('CreateServerGroup', { ...plain, ...more });
const updating = async (id: string, more: WireParams): Promise<string> => {
  const code = await cloud.codeOf('UpdateServerGroupAttribute', { ServerGroupId: id, ...more });
  cloud.settle();
  return code;
};

describe('a new group', () => {
  it('has the defaults of the service where nothing was said', async () => {
    cloud = await startCloudUnderTest();
    expect(await shown(await made())).toMatchObject({
      ServerGroupType: 'Instance',
      Protocol: 'HTTP',
      Scheduler: 'Wrr',
      CrossZoneEnabled: true,
      UpstreamKeepaliveEnabled: false,
      Ipv6Enabled: false,
      ResourceGroupId: 'rg-default',
      StickySessionConfig: { StickySessionEnabled: false },
      ConnectionDrainConfig: { ConnectionDrainEnabled: false, ConnectionDrainTimeout: 300 },
      SlowStartConfig: { SlowStartEnabled: false, SlowStartDuration: 30 },
      HealthCheckConfig: { HealthCheckProtocol: 'HTTP', HealthCheckMethod: 'HEAD', HealthCheckCodes: ['http_2xx'] },
    });
  });

  it('is checked by gRPC with what such checks have otherwise', async () => {
    cloud = await startCloudUnderTest();
    const id = await made({ Protocol: 'gRPC', HealthCheckConfig: { HealthCheckEnabled: true, HealthCheckProtocol: 'gRPC' } });
    expect(await shown(id)).toMatchObject({ Protocol: 'GRPC', HealthCheckConfig: { HealthCheckMethod: 'POST', HealthCheckCodes: ['0'] } });
  });

  it('may be called Provisioning until it is there', async () => {
    cloud = await startCloudUnderTest({ newGroupStatus: 'Provisioning' });
    const id = String((await cloud.ok('CreateServerGroup', plain))['ServerGroupId']);
    expect(await shown(id)).toMatchObject({ ServerGroupStatus: 'Provisioning' });
    expect(await cloud.codeOf('AddServersToServerGroup', { ServerGroupId: id, Servers: [server(1)] })).toBe('IncorrectStatus.ServerGroup');
    cloud.settle();
    expect(await shown(id)).toMatchObject({ ServerGroupStatus: 'Available' });
  });

  it('belongs to a resource group and, if the VPC has it, to IPv6', async () => {
    cloud = await startCloudUnderTest({ resourceGroups: ['rg-shop'] });
    expect(await shown(await made({ ResourceGroupId: 'rg-shop', Ipv6Enabled: true }))).toMatchObject({
      ResourceGroupId: 'rg-shop',
      Ipv6Enabled: true,
    });
    expect(await creating({ ResourceGroupId: 'rg-elsewhere' })).toBe('ResourceNotFound.ResourceGroup');
    expect(await creating({ ResourceGroupId: 'shop' })).toBe('IllegalParam.ResourceGroupId');
    await cloud.put('settings', { vpcIpv6: false });
    expect(await creating({ Ipv6Enabled: true })).toBe('OperationDenied.VpcNotSupportIpv6');
  });
});

describe('settings that go together', () => {
  const check = (more: WireParams): WireParams => ({ HealthCheckConfig: { HealthCheckEnabled: true, ...more } });
  const sticky = (more: WireParams): WireParams => ({ StickySessionConfig: { StickySessionEnabled: true, ...more } });
  const uch: WireParams = { UchConfig: { Type: 'QueryString', Value: 'user' } };

  it.each<readonly [string, WireParams, string]>([
    ['hashing what is named', { Scheduler: 'Uch', ...uch }, ''],
    ['hashing nothing', { Scheduler: 'Uch' }, 'MissingParam.UchConfig'],
    ['hashing half of it', { Scheduler: 'Uch', UchConfig: { Type: 'QueryString' } }, 'MissingParam.Value'],
    ['naming what is not hashed', { Scheduler: 'Sch', ...uch }, 'Mismatch.SchedulerAndUchConfig'],
    ['slow start in turn', { SlowStartConfig: { SlowStartEnabled: true } }, ''],
    [
      'slow start by connections',
      { Scheduler: 'Wlc', SlowStartConfig: { SlowStartEnabled: true } },
      'Mismatch.SchedulerAndSlowStartEnable',
    ],
    ['slow start that is off', { Scheduler: 'Wlc', SlowStartConfig: { SlowStartEnabled: false } }, ''],
    ['a planted cookie', sticky({}), ''],
    ['a cookie of the application', sticky({ StickySessionType: 'Server', Cookie: 'JSESSIONID' }), ''],
    ['no cookie of the application', sticky({ StickySessionType: 'Server' }), 'IllegalParam.Cookie'],
    ['a cookie that begins with a dollar', sticky({ StickySessionType: 'Server', Cookie: '$id' }), 'IllegalParam.Cookie'],
    ['a cookie with a comma', sticky({ StickySessionType: 'Server', Cookie: 'a,b' }), 'IllegalParam.Cookie'],
    ['a cookie with a semicolon', sticky({ StickySessionType: 'Server', Cookie: 'a;b' }), 'IllegalParam.Cookie'],
    ['a cookie with a space', sticky({ StickySessionType: 'Server', Cookie: 'a b' }), 'IllegalParam.Cookie'],
    ['a cookie beyond ASCII', sticky({ StickySessionType: 'Server', Cookie: 'kéks' }), 'IllegalParam.Cookie'],
    ['a cookie of 201', sticky({ StickySessionType: 'Server', Cookie: 'c'.repeat(201) }), 'IllegalParam.Cookie'],
    ['stickiness within a zone', { ...sticky({}), CrossZoneEnabled: false }, 'Mismatch.CrossZoneAndStickySession'],
    ['a zone of its own', { CrossZoneEnabled: false }, ''],
    ['several classes of codes', check({ HealthCheckCodes: ['http_2xx', 'http_5xx'] }), ''],
    ['numbers for HTTP', check({ HealthCheckCodes: ['200'] }), 'IllegalParam.HealthCheckCodes'],
    ['small numbers for HTTP', check({ HealthCheckCodes: ['12'] }), 'Mismatch.HealthCheckProtocol'],
    ['a range for gRPC', check({ HealthCheckProtocol: 'gRPC', HealthCheckCodes: ['0-20', '99'] }), ''],
    ['a class for gRPC', check({ HealthCheckProtocol: 'gRPC', HealthCheckCodes: ['http_2xx'] }), 'Mismatch.HealthCheckProtocol'],
    ['a number too large for gRPC', check({ HealthCheckProtocol: 'gRPC', HealthCheckCodes: ['100'] }), 'IllegalParam.HealthCheckCodes'],
    ['HEAD for gRPC', check({ HealthCheckProtocol: 'gRPC', HealthCheckMethod: 'HEAD' }), 'Mismatch.HealthCheckProtocol'],
    ['GET for gRPC', check({ HealthCheckProtocol: 'gRPC', HealthCheckMethod: 'GET' }), ''],
    [
      'more codes than twenty',
      check({ HealthCheckProtocol: 'gRPC', HealthCheckCodes: Array(21).fill('0') }),
      'IllegalParam.HealthCheckCodes',
    ],
    ['TCP', check({ HealthCheckProtocol: 'TCP' }), ''],
    ['functions', { ServerGroupType: 'Fc' }, ''],
    ['functions that stick', { ServerGroupType: 'Fc', ...sticky({}) }, 'Mismatch.ServerGroupType'],
  ])('%s', async (_, more, code) => {
    cloud = await startCloudUnderTest();
    expect(await creating(more)).toBe(code);
  });
});

describe('a change', () => {
  it('keeps what it does not name, within the configurations too', async () => {
    cloud = await startCloudUnderTest();
    const id = await made({
      HealthCheckConfig: { HealthCheckEnabled: true, HealthCheckPath: '/up', HealthCheckCodes: ['http_2xx', 'http_3xx'] },
      ConnectionDrainConfig: { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 20 },
      StickySessionConfig: { StickySessionEnabled: true, CookieTimeout: 60 },
    });
    await cloud.ok('AddServersToServerGroup', { ServerGroupId: id, Servers: [server(1)] });
    cloud.settle();
    expect(await updating(id, { HealthCheckConfig: { HealthCheckInterval: 7 }, Scheduler: 'Wlc' })).toBe('');
    expect(await shown(id)).toMatchObject({
      ServerGroupName: 'plain',
      Scheduler: 'Wlc',
      ServerCount: 1,
      HealthCheckConfig: {
        HealthCheckEnabled: true,
        HealthCheckPath: '/up',
        HealthCheckCodes: ['http_2xx', 'http_3xx'],
        HealthCheckInterval: 7,
      },
      ConnectionDrainConfig: { ConnectionDrainEnabled: true, ConnectionDrainTimeout: 20 },
      StickySessionConfig: { StickySessionEnabled: true, CookieTimeout: 60 },
    });
  });

  it('is judged by what the group becomes', async () => {
    cloud = await startCloudUnderTest();
    const id = await made({ SlowStartConfig: { SlowStartEnabled: true } });
    expect(await updating(id, { Scheduler: 'Wlc' })).toBe('Mismatch.SchedulerAndSlowStartEnable');
    expect(await updating(id, { Scheduler: 'Wlc', SlowStartConfig: { SlowStartEnabled: false } })).toBe('');
    expect(await updating(id, { StickySessionConfig: { StickySessionEnabled: true } })).toBe('');
    expect(await updating(id, { CrossZoneEnabled: false })).toBe('Mismatch.CrossZoneAndStickySession');
    expect(await updating(id, { Protocol: 'HTTPS' })).toBe('InvalidParameter');
  });

  it('away from hashing takes along what was hashed', async () => {
    cloud = await startCloudUnderTest();
    const id = await cloud.group({ Scheduler: 'Uch' });
    expect(await shown(id)).toMatchObject({ UchConfig: { Type: 'QueryString', Value: 'abc' } });
    expect(await updating(id, { Scheduler: 'Wrr' })).toBe('');
    expect(await shown(id)).not.toHaveProperty('UchConfig');
    expect(await updating(id, { Scheduler: 'Uch' })).toBe('MissingParam.UchConfig');
  });

  it('is refused that no load balancer in front of the group could serve', async () => {
    cloud = await startCloudUnderTest();
    const serverGroupId = await made();
    await cloud.listener({ loadBalancerId: await cloud.loadBalancer({ LoadBalancerEdition: 'Basic' }), serverGroupId });
    for (const [more, code] of [
      [{ ConnectionDrainConfig: { ConnectionDrainEnabled: true } }, 'ConnectionDrain'],
      [{ SlowStartConfig: { SlowStartEnabled: true } }, 'SlowStartEnable'],
      [{ CrossZoneEnabled: false }, 'CrossZone'],
    ] as const) {
      expect(await updating(serverGroupId, more)).toBe(`Mismatch.LoadBalancerEditionAnd${code}`);
    }
    expect(await updating(serverGroupId, { Scheduler: 'Wlc' })).toBe('');
  });

  it('that fails leaves the group as it was', async () => {
    cloud = await startCloudUnderTest();
    const id = await made();
    await cloud.put('faults', [{ match: { action: 'UpdateServerGroupAttribute' }, kind: 'failed-job' }]);
    await updating(id, { Scheduler: 'Wlc' });
    expect(await shown(id)).toMatchObject({ Scheduler: 'Wrr', ServerGroupStatus: 'Available' });
  });
});

describe('a group behind a rule', () => {
  it.each([
    ['drains', { ConnectionDrainConfig: { ConnectionDrainEnabled: true } }, 'Mismatch.LoadBalancerEditionAndConnectionDrain'],
    ['starts slowly', { SlowStartConfig: { SlowStartEnabled: true } }, 'Mismatch.LoadBalancerEditionAndSlowStartEnable'],
    ['keeps to zones', { CrossZoneEnabled: false }, 'Mismatch.LoadBalancerEditionAndCrossZone'],
    ['does none of it', {}, ''],
  ])('of a Basic load balancer that %s', async (_, more, code) => {
    cloud = await startCloudUnderTest();
    const loadBalancerId = await cloud.loadBalancer({ LoadBalancerEdition: 'Basic' });
    const { listenerId } = await cloud.listener({ loadBalancerId, serverGroupId: await made() });
    const params = rule(10, 'unused', { RuleActions: [forward(await made(more))] });
    expect(await cloud.codeOf('CreateRule', { ListenerId: listenerId, ...params })).toBe(code);
  });

  it('that speaks gRPC needs a listener that speaks HTTP/2', async () => {
    cloud = await startCloudUnderTest();
    const ids = { ...nobody, loadBalancerId: await cloud.loadBalancer(), serverGroupId: await cloud.group({ Protocol: 'gRPC' }) };
    const secure: WireParams = { ListenerProtocol: 'HTTPS', Certificates: [{ CertificateId: '1-cn-local' }] };
    const listening = (more: WireParams) => cloud.codeOf('CreateListener', { ...sample('CreateListener', ids), ...more });
    expect(await listening({})).toBe('OperationDenied.GRPCServerGroup');
    expect(await listening({ ...secure, Http2Enabled: false })).toBe('OperationDenied.GRPCServerGroup');
    expect(await listening(secure)).toBe('');
  });

  it('that speaks gRPC keeps its listener at HTTP/2', async () => {
    cloud = await startCloudUnderTest();
    const ids = await cloud.listener({ ListenerProtocol: 'HTTPS', Certificates: [{ CertificateId: '1-cn-local' }] });
    const off: WireParams = { ListenerId: ids.listenerId, Http2Enabled: false };
    const { RuleId } = await cloud.ok('CreateRule', { ListenerId: ids.listenerId, ...rule(10, await cloud.group({ Protocol: 'gRPC' })) });
    cloud.settle();
    expect(await cloud.codeOf('UpdateListenerAttribute', off)).toBe('OperationDenied.GRPCServerGroup');
    await cloud.ok('DeleteRule', { RuleId: String(RuleId) });
    cloud.settle();
    expect(await cloud.codeOf('UpdateListenerAttribute', off)).toBe('');
  });
});

it('the sample is a group with everything', () => {
  expect(groupOf()).toHaveProperty('UchConfig');
  expect(groupOf({ Scheduler: 'Wrr' })).not.toHaveProperty('UchConfig');
});
