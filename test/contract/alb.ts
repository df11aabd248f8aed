/**
 * What every ALB must do: the fake in memory and the SDK adapter over the emulator pass exactly this. Work goes on after an answer in both;
 * `tick` lets a little of it happen.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Alb,
  ListenerSettings,
  LoadBalancerSettings,
  NewRule,
  Server,
  ServerGroup,
  Tags,
  ZoneMapping,
} from '#shared/cloud/alb/port.ts';
import { CloudFailure, type FailureClass } from '#shared/cloud/failure.ts';
import { sameActions, sameConditions } from '#shared/plan/rule-content.ts';
import { groupSettings, listenerSettings } from '../support/alb-settings.ts';
import { type RuleContent, sampleRules } from '../support/rule-samples.ts';

export interface AlbUnderTest {
  readonly alb: Alb;
  readonly vpcId: string;
  readonly zoneMappings: readonly ZoneMapping[];
  tick(): Promise<void>;
  stop(): Promise<void>;
}

const balancerSettings: LoadBalancerSettings = {
  loadBalancerName: 'cafe',
  addressType: 'Internet',
  loadBalancerEdition: 'Standard',
  deletionProtectionEnabled: false,
  modificationProtection: 'NonProtection',
};
const tags: Tags = { 'ack.aliyun.com': 'c-local', 'ingress.k8s.alibaba/albconfig': 'kube-system/cafe' };

const server = (index: number): Server => ({
  serverType: 'Eni',
  serverId: `eni-${index}`,
  serverIp: `10.64.0.${index}`,
  port: 8080,
  weight: 100,
});

const rule = (priority: number, serverGroupId: string, host = 'a.example.com'): NewRule => ({
  ruleName: `rule-${priority}`,
  priority,
  direction: 'Request',
  ruleConditions: [
    { type: 'Host', hostConfig: { values: [host] } },
    { type: 'Path', pathConfig: { values: ['/tea', '/tea/*'] } },
  ],
  ruleActions: [{ type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId, weight: 100 }] } }],
  tags: { 'albeit.io/identity': `id-${priority}` },
});

/** Each feature of a group switched on, and each way it can be. */
const featureSamples: Readonly<Record<string, NonNullable<Parameters<typeof groupSettings>[0]>>> = {
  'another name and Service': { serverGroupName: 'renamed', serviceName: 'other' },
  'least connections': { scheduler: 'Wlc' },
  'source hashing': { scheduler: 'Sch' },
  'hashing of a query parameter': { scheduler: 'Uch', uchConfig: { type: 'QueryString', value: 'user' } },
  'a planted cookie': {
    stickySessionConfig: { stickySessionEnabled: true, stickySessionType: 'Insert', cookie: '', cookieTimeout: 600 },
  },
  "the application's cookie": {
    stickySessionConfig: { stickySessionEnabled: true, stickySessionType: 'Server', cookie: 'JSESSIONID', cookieTimeout: 1000 },
  },
  'connection draining': { connectionDrainConfig: { connectionDrainEnabled: true, connectionDrainTimeout: 0 } },
  'slow start': { slowStartConfig: { slowStartEnabled: true, slowStartDuration: 120 } },
  'servers of one zone only': { crossZoneEnabled: false },
  keepalive: { upstreamKeepaliveEnabled: true },
  'a check by HTTP': {
    healthCheckConfig: {
      healthCheckEnabled: true,
      healthCheckPath: '/healthy',
      healthCheckHost: 'shop.example.com',
      healthCheckMethod: 'GET',
      healthCheckCodes: ['http_2xx', 'http_3xx'],
      healthCheckHttpVersion: 'HTTP1.0',
      healthCheckConnectPort: 8081,
      healthCheckInterval: 5,
      healthCheckTimeout: 3,
      healthyThreshold: 2,
      unhealthyThreshold: 4,
    },
  },
  'a check by HTTPS': { healthCheckConfig: { healthCheckEnabled: true, healthCheckProtocol: 'HTTPS' } },
  'a check by TCP': { healthCheckConfig: { healthCheckEnabled: true, healthCheckProtocol: 'TCP', healthCheckInterval: 9 } },
  'a check by gRPC': {
    healthCheckConfig: {
      healthCheckEnabled: true,
      healthCheckProtocol: 'gRPC',
      healthCheckMethod: 'POST',
      healthCheckPath: '/grpc.health.v1.Health/Check',
      healthCheckCodes: ['0', '12'],
    },
  },
};

const failing = async (call: Promise<unknown>): Promise<CloudFailure> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CloudFailure) return error;
  throw new Error(`expected a CloudFailure, got ${String(error)}`);
};

export function albContract(name: string, make: () => Promise<AlbUnderTest>): void {
  describe(`ALB contract: ${name}`, () => {
    let under: AlbUnderTest;
    let alb: Alb;
    let tokens = 0;
    const token = () => `token-${tokens++}`;
    beforeEach(async () => {
      under = await make();
      alb = under.alb;
    });
    afterEach(async () => {
      alb.close();
      await under.stop();
    });

    async function until<T>(read: () => Promise<T>, ready: (value: T) => boolean): Promise<T> {
      for (let attempt = 0; attempt < 500; attempt += 1) {
        const value = await read();
        if (ready(value)) return value;
        await under.tick();
      }
      throw new Error('it never settled');
    }
    const jobDone = (jobId: string) =>
      until(
        () => alb.getJobs([jobId]),
        ([job]) => job?.status === 'Succeeded',
      );
    const refusedAs = async (call: Promise<unknown>, failure: FailureClass) => expect((await failing(call)).failure).toBe(failure);

    const createBalancer = (settings = balancerSettings, clientToken = token()) =>
      alb.createLoadBalancer({ settings, vpcId: under.vpcId, zoneMappings: under.zoneMappings, tags, clientToken });
    async function activeBalancer(settings = balancerSettings): Promise<string> {
      const { loadBalancerId } = await createBalancer(settings);
      await until(
        () => alb.getLoadBalancer(loadBalancerId),
        (one) => one?.status === 'Active',
      );
      return loadBalancerId;
    }
    const createGroup = (serverGroupName: string, groupTags = tags, clientToken = token()) =>
      alb.createServerGroup({
        settings: groupSettings({ serverGroupName }),
        fixed: { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: under.vpcId },
        tags: groupTags,
        clientToken,
      });
    const groupOf = async (serverGroupId: string): Promise<ServerGroup | undefined> => (await alb.getServerGroups([serverGroupId]))[0];
    async function availableGroup(groupName = 'group'): Promise<string> {
      const { serverGroupId, jobId } = await createGroup(groupName);
      await jobDone(jobId);
      return serverGroupId;
    }
    const newListener = (loadBalancerId: string, defaultServerGroupId: string, port = 80) =>
      alb.createListener({
        loadBalancerId,
        protocol: 'HTTP',
        port,
        defaultServerGroupId,
        settings: listenerSettings(),
        tags: { ...tags, 'albeit.io/identity': `HTTP:${port}` },
        clientToken: token(),
      });
    async function runningListener() {
      const [loadBalancerId, serverGroupId] = await Promise.all([activeBalancer(), availableGroup()]);
      const { listenerId, jobId } = await newListener(loadBalancerId, serverGroupId);
      await jobDone(jobId);
      return { loadBalancerId, serverGroupId, listenerId };
    }
    const listenerRunning = (loadBalancerId: string) =>
      until(
        () => alb.listListeners(loadBalancerId),
        (listeners) => listeners.every((one) => one.status === 'Running'),
      );

    it('makes an instance, finds it by tags, and shows what was wanted', async () => {
      const loadBalancerId = await activeBalancer();
      const found = await alb.findLoadBalancers({ 'ack.aliyun.com': 'c-local' });
      expect(found.map((one) => one.loadBalancerId)).toEqual([loadBalancerId]);
      const one = await alb.getLoadBalancer(loadBalancerId);
      expect(one).toMatchObject({ settings: balancerSettings, status: 'Active', businessStatus: 'Normal', vpcId: under.vpcId, tags });
      expect(one?.zoneMappings).toEqual(under.zoneMappings);
      expect(one?.dnsName).not.toBe('');
      expect(await alb.findLoadBalancers({ 'ack.aliyun.com': 'another' })).toEqual([]);
      expect(await alb.findLoadBalancers({ ...tags, missing: 'yes' })).toEqual([]);
    });

    it('does a creation once per token, and refuses the token for another request', async () => {
      const first = await createBalancer(balancerSettings, 'same');
      const second = await createBalancer(balancerSettings, 'same');
      expect(second).toEqual(first);
      expect(await alb.findLoadBalancers(tags)).toHaveLength(1);
      await refusedAs(createBalancer({ ...balancerSettings, loadBalancerName: 'other' }, 'same'), 'conflict');
    });

    it('changes name and modification protection', async () => {
      const loadBalancerId = await activeBalancer();
      const { jobId } = await alb.updateLoadBalancer(
        loadBalancerId,
        { loadBalancerName: 'renamed', modificationProtection: 'ConsoleProtection' },
        token(),
      );
      await jobDone(jobId);
      expect((await alb.getLoadBalancer(loadBalancerId))?.settings).toMatchObject({
        loadBalancerName: 'renamed',
        modificationProtection: 'ConsoleProtection',
      });
    });

    it('deletes an instance only when deletion protection is off, and what is gone is gone', async () => {
      const loadBalancerId = await activeBalancer({ ...balancerSettings, deletionProtectionEnabled: true });
      await refusedAs(alb.deleteLoadBalancer(loadBalancerId, token()), 'conflict');
      await alb.disableDeletionProtection(loadBalancerId, token());
      const deletion = await alb.deleteLoadBalancer(loadBalancerId, token());
      expect(deletion?.jobId).toBeDefined();
      await until(
        () => alb.getLoadBalancer(loadBalancerId),
        (one) => one === undefined,
      );
      expect(await alb.deleteLoadBalancer(loadBalancerId, token())).toBeUndefined();
      expect(await alb.getLoadBalancer(loadBalancerId)).toBeUndefined();
    });

    it('names the zones where ALB is offered', async () => {
      expect(await alb.zones()).toEqual(expect.arrayContaining(under.zoneMappings.map((zone) => zone.zoneId)));
    });

    it('makes a server group that reads back as it was wanted', async () => {
      const settings = groupSettings({
        serverGroupName: 'tea',
        serviceName: 'tea',
        upstreamKeepaliveEnabled: true,
        healthCheckConfig: { healthCheckEnabled: true, healthCheckPath: '/healthy', healthCheckCodes: ['http_2xx', 'http_3xx'] },
      });
      const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: under.vpcId, resourceGroupId: 'rg-shop' } as const;
      const { serverGroupId, jobId } = await alb.createServerGroup({ settings, fixed, tags, clientToken: token() });
      await jobDone(jobId);
      expect(await groupOf(serverGroupId)).toEqual({ serverGroupId, settings, fixed, status: 'Available', serverCount: 0, tags });
      expect((await alb.findServerGroups(tags)).map((one) => one.serverGroupId)).toEqual([serverGroupId]);
    });

    it('spells gRPC one way', async () => {
      const fixed = { serverGroupType: 'Instance', protocol: 'gRPC', vpcId: under.vpcId } as const;
      const healthCheckConfig = {
        healthCheckEnabled: true,
        healthCheckProtocol: 'gRPC',
        healthCheckMethod: 'POST',
        healthCheckCodes: ['0'],
      } as const;
      const settings = groupSettings({ healthCheckConfig });
      const { serverGroupId } = await alb.createServerGroup({ settings, fixed, tags, clientToken: token() });
      const group = await groupOf(serverGroupId);
      expect(group?.fixed.protocol).toBe('gRPC');
      expect(group?.settings.healthCheckConfig.healthCheckProtocol).toBe('gRPC');
    });

    it('lists more groups than a page holds, and looks up many by id', async () => {
      const made = [];
      for (let index = 0; index < 101; index += 1) made.push((await createGroup(`group-${index}`)).serverGroupId);
      expect((await alb.findServerGroups(tags)).map((one) => one.serverGroupId).sort()).toEqual([...made].sort());
      const some = made.slice(0, 21);
      expect((await alb.getServerGroups([...some, 'sgp-unknown'])).map((one) => one.serverGroupId).sort()).toEqual([...some].sort());
    });

    it('changes the settings of a group', async () => {
      const serverGroupId = await availableGroup();
      const settings = groupSettings({
        serverGroupName: 'changed',
        scheduler: 'Wlc',
        upstreamKeepaliveEnabled: false,
        healthCheckConfig: { healthCheckEnabled: true },
      });
      await jobDone((await alb.updateServerGroup(serverGroupId, settings, token())).jobId);
      expect((await groupOf(serverGroupId))?.settings).toEqual(settings);
    });

    it.each(Object.entries(featureSamples))(
      'shows a group with %s as it was wanted: made, changed into, and changed back',
      async (_, own) => {
        // Said only where it changes: the service may refuse what a group has already.
        const off = { upstreamKeepaliveEnabled: false };
        const plain = groupSettings('upstreamKeepaliveEnabled' in own ? off : {});
        const wanted = groupSettings(own);
        const settingsOf = async (id: string) => (await groupOf(id))?.settings;
        const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: under.vpcId } as const;
        const made = await alb.createServerGroup({ settings: { ...off, ...wanted }, fixed, tags, clientToken: token() });
        await jobDone(made.jobId);
        expect(await settingsOf(made.serverGroupId)).toEqual({ ...off, ...wanted });
        for (const next of [plain, wanted, plain]) {
          await jobDone((await alb.updateServerGroup(made.serverGroupId, next, token())).jobId);
          expect(await settingsOf(made.serverGroupId)).toEqual({ ...off, ...next });
        }
      },
    );

    it('leaves keepalive as it is where nothing is said of it', async () => {
      const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: under.vpcId } as const;
      const settings = groupSettings({ upstreamKeepaliveEnabled: true });
      const { serverGroupId, jobId } = await alb.createServerGroup({ settings, fixed, tags, clientToken: token() });
      await jobDone(jobId);
      await jobDone((await alb.updateServerGroup(serverGroupId, groupSettings({ scheduler: 'Wlc' }), token())).jobId);
      expect((await groupOf(serverGroupId))?.settings).toEqual(groupSettings({ scheduler: 'Wlc', upstreamKeepaliveEnabled: true }));
    });

    it('refuses slow start with another scheduler than weighted round robin', async () => {
      const slowStartConfig = { slowStartEnabled: true, slowStartDuration: 60 };
      const settings = groupSettings({ scheduler: 'Wlc', slowStartConfig });
      const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: under.vpcId } as const;
      await refusedAs(alb.createServerGroup({ settings, fixed, tags, clientToken: token() }), 'invalid');
      await refusedAs(alb.updateServerGroup(await availableGroup(), settings, token()), 'invalid');
    });

    it.each([
      { serverGroupType: 'Ip', protocol: 'HTTP' },
      { serverGroupType: 'Instance', protocol: 'HTTPS' },
      { serverGroupType: 'Instance', protocol: 'HTTP', ipv6Enabled: true },
    ] as const)('shows a group of kind %o as it was wanted', async (kind) => {
      const fixed = { ...kind, vpcId: under.vpcId, resourceGroupId: 'rg-shop' };
      const { serverGroupId, jobId } = await alb.createServerGroup({ settings: groupSettings(), fixed, tags, clientToken: token() });
      await jobDone(jobId);
      expect((await groupOf(serverGroupId))?.fixed).toEqual(fixed);
    });

    it('deletes a group only when nothing points to it', async () => {
      const { loadBalancerId, serverGroupId, listenerId } = await runningListener();
      const failure = await failing(alb.deleteServerGroup(serverGroupId, token()));
      expect([failure.failure, failure.facts['code']]).toEqual(['busy', 'ResourceInUse.ServerGroup']);
      await jobDone((await alb.deleteListener(listenerId, token()))?.jobId ?? '');
      await until(
        () => alb.listListeners(loadBalancerId),
        (found) => found.length === 0,
      );
      await until(
        () => alb.deleteServerGroup(serverGroupId, token()).catch(() => 'in use' as const),
        (answer) => answer !== 'in use',
      );
      await until(
        () => groupOf(serverGroupId),
        (one) => one === undefined,
      );
      expect(await alb.deleteServerGroup(serverGroupId, token())).toBeUndefined();
    });

    it('takes single tags away, and is content when they are not there', async () => {
      const serverGroupId = await availableGroup();
      await alb.tagResources('servergroup', [serverGroupId], { one: '1', two: '2' });
      await alb.untagResources('servergroup', [serverGroupId], ['one', 'three']);
      expect((await groupOf(serverGroupId))?.tags).toEqual({ ...tags, two: '2' });
      await refusedAs(alb.untagResources('servergroup', ['sgp-unknown'], ['one']), 'not-found');
    });

    it('tells the health of the groups of a listener and of its rules, each once, whatever the pages', async () => {
      const { loadBalancerId, serverGroupId, listenerId } = await runningListener();
      const checked = await alb.createServerGroup({
        settings: groupSettings({ healthCheckConfig: { healthCheckEnabled: true } }),
        fixed: { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: under.vpcId },
        tags,
        clientToken: token(),
      });
      await jobDone(checked.jobId);
      const unchecked = await availableGroup('unchecked');
      await jobDone((await alb.addServers(unchecked, [server(1)], token())).jobId);
      // More rules than one page tells of.
      const rules = Array.from({ length: 35 }, (_, index) =>
        rule(index + 1, index % 2 === 0 ? checked.serverGroupId : unchecked, `host-${index}.example.com`),
      );
      await jobDone((await alb.createRules(listenerId, rules, token())).jobId);
      await listenerRunning(loadBalancerId);
      const health = await alb.listenerHealth(listenerId);
      expect([...health].sort((a, b) => (a.serverGroupId < b.serverGroupId ? -1 : 1))).toEqual(
        [
          { serverGroupId, checked: false, ailing: [] },
          { serverGroupId: checked.serverGroupId, checked: true, ailing: [] },
          {
            serverGroupId: unchecked,
            checked: false,
            ailing: [{ serverId: 'eni-1', serverIp: '10.64.0.1', port: 8080, status: 'Unavailable' }],
          },
        ].sort((a, b) => (a.serverGroupId < b.serverGroupId ? -1 : 1)),
      );
      await refusedAs(alb.listenerHealth('lsn-unknown'), 'not-found');
    });

    it('adds, weighs, replaces and removes servers', async () => {
      const serverGroupId = await availableGroup();
      const there = async () => (await alb.listServers(serverGroupId)).map((one) => one.serverIp).sort();
      await jobDone((await alb.addServers(serverGroupId, [server(1), server(2)], token())).jobId);
      expect(await alb.listServers(serverGroupId)).toEqual(
        expect.arrayContaining([
          { ...server(1), status: 'Available' },
          { ...server(2), status: 'Available' },
        ]),
      );
      await jobDone((await alb.updateServers(serverGroupId, [{ ...server(2), weight: 40 }], token())).jobId);
      expect((await alb.listServers(serverGroupId)).find((one) => one.serverId === 'eni-2')?.weight).toBe(40);
      await jobDone((await alb.replaceServers(serverGroupId, [server(3)], [server(1)], token())).jobId);
      expect(await there()).toEqual(['10.64.0.2', '10.64.0.3']);
      await jobDone((await alb.removeServers(serverGroupId, [server(2)], token())).jobId);
      expect(await there()).toEqual(['10.64.0.3']);
      expect((await groupOf(serverGroupId))?.serverCount).toBe(1);
    });

    it('tells servers apart that share an interface', async () => {
      const serverGroupId = await availableGroup();
      const twin = { ...server(1), serverIp: '10.64.0.99' };
      const other = { ...server(1), port: 9090 };
      await jobDone((await alb.addServers(serverGroupId, [server(1), twin, other], token())).jobId);
      await jobDone((await alb.removeServers(serverGroupId, [twin], token())).jobId);
      expect((await alb.listServers(serverGroupId)).map((one) => one.port).sort()).toEqual([8080, 9090]);
    });

    it('refuses a server that is there, one that is not, and more than a call may carry', async () => {
      const serverGroupId = await availableGroup();
      await jobDone((await alb.addServers(serverGroupId, [server(1)], token())).jobId);
      await refusedAs(alb.addServers(serverGroupId, [server(1)], token()), 'conflict');
      await refusedAs(alb.removeServers(serverGroupId, [server(2)], token()), 'not-found');
      const many = Array.from({ length: 202 }, (_, index) => ({ ...server(3), port: 1000 + index }));
      await refusedAs(alb.addServers(serverGroupId, many, token()), 'invalid');
      await refusedAs(alb.listServers('sgp-unknown'), 'not-found');
    });

    it('makes a listener that reads back as it was wanted, one a port', async () => {
      const { loadBalancerId, serverGroupId, listenerId } = await runningListener();
      const [found, ...others] = await alb.listListeners(loadBalancerId);
      expect(others).toEqual([]);
      expect(found).toMatchObject({ listenerId, loadBalancerId, protocol: 'HTTP', port: 80, defaultServerGroupId: serverGroupId });
      expect(found?.settings).toMatchObject(listenerSettings());
      expect(found?.settings).not.toHaveProperty('http2Enabled');
      expect(found?.tags).toEqual({ ...tags, 'albeit.io/identity': 'HTTP:80' });
      await refusedAs(newListener(loadBalancerId, serverGroupId), 'conflict');
      expect(await alb.listListeners('alb-unknown')).toEqual([]);
    });

    it('refuses a listener of a group that is not there, or on an instance that is not', async () => {
      const [loadBalancerId, serverGroupId] = await Promise.all([activeBalancer(), availableGroup()]);
      await refusedAs(newListener(loadBalancerId, 'sgp-unknown'), 'not-found');
      await refusedAs(newListener('alb-unknown', serverGroupId), 'not-found');
    });

    it('makes HTTPS and QUIC listeners on one port, with a certificate that only a read of each tells', async () => {
      const [loadBalancerId, serverGroupId] = await Promise.all([activeBalancer(), availableGroup()]);
      const secure = { http2Enabled: true, securityPolicyId: 'tls_cipher_policy_1_2' };
      const certificateId = '1-cn-local';
      const make = (protocol: 'HTTPS' | 'QUIC', own: Partial<ListenerSettings>) =>
        alb.createListener({
          loadBalancerId,
          protocol,
          port: 443,
          defaultServerGroupId: serverGroupId,
          settings: listenerSettings(own),
          tags: { ...tags, 'albeit.io/identity': `${protocol}:443` },
          clientToken: token(),
        });
      const https = await make('HTTPS', { ...secure, certificateId });
      await jobDone(https.jobId);
      await jobDone((await make('QUIC', { certificateId })).jobId);
      const found = await listenerRunning(loadBalancerId);
      expect(found.map((one) => [one.protocol, one.settings]).sort()).toEqual([
        ['HTTPS', expect.objectContaining(secure)],
        ['QUIC', expect.not.objectContaining({ http2Enabled: true })],
      ]);
      for (const { listenerId, settings } of found) {
        expect(settings).not.toHaveProperty('certificateId');
        expect(await alb.defaultCertificate(listenerId)).toBe(certificateId);
      }
      await refusedAs(make('HTTPS', { ...secure, certificateId }), 'conflict');
      const settings = listenerSettings({ http2Enabled: false, securityPolicyId: 'tls_cipher_policy_1_0', certificateId: '2-cn-local' });
      const change = { settings, defaultServerGroupId: serverGroupId };
      await jobDone((await alb.updateListener(https.listenerId, change, token())).jobId);
      expect((await listenerRunning(loadBalancerId)).find((one) => one.protocol === 'HTTPS')?.settings).toMatchObject({
        http2Enabled: false,
        securityPolicyId: 'tls_cipher_policy_1_0',
      });
      expect(await alb.defaultCertificate(https.listenerId)).toBe('2-cn-local');
    });

    it('refuses an HTTPS listener without a certificate or with one that is not there, and a certificate for HTTP', async () => {
      const { loadBalancerId, serverGroupId, listenerId } = await runningListener();
      const make = (own: Partial<ListenerSettings>) =>
        alb.createListener({
          loadBalancerId,
          protocol: 'HTTPS',
          port: 443,
          defaultServerGroupId: serverGroupId,
          settings: listenerSettings(own),
          tags,
          clientToken: token(),
        });
      await refusedAs(make({}), 'invalid');
      await refusedAs(make({ certificateId: '10741304' }), 'not-found');
      const change = { settings: listenerSettings({ certificateId: '1-cn-local' }), defaultServerGroupId: serverGroupId };
      await refusedAs(alb.updateListener(listenerId, change, token()), 'invalid');
      expect(await alb.defaultCertificate(listenerId)).toBe('');
      await refusedAs(alb.defaultCertificate('lsn-unknown'), 'not-found');
    });

    it('changes settings and default group of a listener', async () => {
      const { loadBalancerId, listenerId } = await runningListener();
      const other = await availableGroup('other');
      const settings = listenerSettings({ idleTimeout: 30, xForwardedForConfig: { XForwardedForProtoEnabled: true } });
      await jobDone((await alb.updateListener(listenerId, { settings, defaultServerGroupId: other }, token())).jobId);
      const [found] = await listenerRunning(loadBalancerId);
      expect(found).toMatchObject({ defaultServerGroupId: other, settings: { idleTimeout: 30 } });
      expect(found?.settings.xForwardedForConfig).toMatchObject({ XForwardedForProtoEnabled: true });
    });

    it('makes rules, gives their ids by priority, and shows them as they were wanted', async () => {
      const { loadBalancerId, listenerId, serverGroupId } = await runningListener();
      const wanted = [rule(20, serverGroupId, 'b.example.com'), rule(10, serverGroupId)];
      const { ruleIds, jobId } = await alb.createRules(listenerId, wanted, token());
      await jobDone(jobId);
      const found = await alb.listRules(loadBalancerId, 'Request');
      expect(found).toHaveLength(2);
      for (const one of wanted) {
        const ruleId = ruleIds.find((made) => made.priority === one.priority)?.ruleId ?? '';
        expect(found).toContainEqual({ ...one, ruleId, listenerId, status: 'Available' });
      }
      expect(await alb.listRules(loadBalancerId, 'Response')).toEqual([]);
    });

    it('refuses two rules of one priority', async () => {
      const { loadBalancerId, listenerId, serverGroupId } = await runningListener();
      await jobDone((await alb.createRules(listenerId, [rule(10, serverGroupId)], token())).jobId);
      await listenerRunning(loadBalancerId);
      await refusedAs(alb.createRules(listenerId, [rule(10, serverGroupId)], token()), 'conflict');
    });

    it('changes rules as a whole', async () => {
      const { loadBalancerId, listenerId, serverGroupId } = await runningListener();
      const { ruleIds, jobId } = await alb.createRules(listenerId, [rule(10, serverGroupId)], token());
      await jobDone(jobId);
      await listenerRunning(loadBalancerId);
      const { direction: _, tags: kept, ...settings } = { ...rule(15, serverGroupId, 'moved.example.com'), ruleName: 'moved' };
      await jobDone((await alb.updateRules([{ ...settings, ruleId: ruleIds[0]?.ruleId ?? '' }], token())).jobId);
      const [found] = await alb.listRules(loadBalancerId, 'Request');
      expect(found).toMatchObject(settings);
      expect(found?.tags).not.toEqual(kept);
    });

    it('shows rules of every kind, in both directions, so that they compare equal with what was wanted, made and changed', async () => {
      const { loadBalancerId, listenerId, serverGroupId } = await runningListener();
      const groups = await Promise.all(['one', 'two', 'three', 'mirror'].map(availableGroup));
      // Limits of single clients need a listener that knows them behind proxies.
      const xForwardedForConfig = { XForwardedForClientSourceIpsEnabled: true, XForwardedForClientSourceIpsTrusted: '10.0.0.0/8' };
      const knowing = { settings: listenerSettings({ xForwardedForConfig }), defaultServerGroupId: serverGroupId };
      await jobDone((await alb.updateListener(listenerId, knowing, token())).jobId);
      await listenerRunning(loadBalancerId);
      for (const direction of ['Request', 'Response'] as const) {
        const samples = sampleRules(40, direction, { groups, seed: 20 });
        const turned = [...samples.slice(1), ...samples.slice(0, 1)];
        const asRule = (content: RuleContent, index: number) => ({ ...content, ruleName: `sample-${index}`, priority: index + 1 });
        const expectShown = async (wanted: readonly RuleContent[]) => {
          const found = new Map((await alb.listRules(loadBalancerId, direction)).map((one) => [one.priority, one]));
          for (const [index, one] of wanted.entries()) {
            const shown = found.get(index + 1) ?? { ruleConditions: [], ruleActions: [] };
            const same = sameConditions(one.ruleConditions, shown.ruleConditions) && sameActions(one.ruleActions, shown.ruleActions);
            expect({ shown, same }).toEqual({ shown, same: true });
          }
        };
        const made = await alb.createRules(
          listenerId,
          samples.map((content, index) => ({
            ...asRule(content, index),
            direction,
            tags: { 'albeit.io/identity': `${direction} ${index}` },
          })),
          token(),
        );
        await jobDone(made.jobId);
        await listenerRunning(loadBalancerId);
        await expectShown(samples);
        const ids = new Map(made.ruleIds.map((one) => [one.priority, one.ruleId]));
        const changes = turned.map((content, index) => ({ ...asRule(content, index), ruleId: ids.get(index + 1) ?? '' }));
        await jobDone((await alb.updateRules(changes, token())).jobId);
        await listenerRunning(loadBalancerId);
        await expectShown(turned);
      }
    });

    it('deletes rules, and does not mind one that is gone', async () => {
      const { loadBalancerId, listenerId, serverGroupId } = await runningListener();
      const { ruleIds, jobId } = await alb.createRules(
        listenerId,
        [10, 20, 30].map((priority) => rule(priority, serverGroupId)),
        token(),
      );
      await jobDone(jobId);
      await listenerRunning(loadBalancerId);
      const [first = '', second = '', third = ''] = ruleIds.map((one) => one.ruleId);
      await jobDone((await alb.deleteRules([first, second], token()))?.jobId ?? '');
      expect((await alb.listRules(loadBalancerId, 'Request')).map((one) => one.ruleId)).toEqual([third]);
      await listenerRunning(loadBalancerId);
      expect(await alb.deleteRules([first], token())).toBeUndefined();
    });

    it('keeps a group that something refers to', async () => {
      const { loadBalancerId, listenerId, serverGroupId } = await runningListener();
      await refusedAs(alb.deleteServerGroup(serverGroupId, token()), 'busy');
      const deletion = await alb.deleteListener(listenerId, token());
      await jobDone(deletion?.jobId ?? '');
      expect(await alb.listListeners(loadBalancerId)).toEqual([]);
      expect(await alb.deleteListener(listenerId, token())).toBeUndefined();
      const gone = await until(
        () => alb.deleteServerGroup(serverGroupId, token()).catch(() => 'busy' as const),
        (answer) => answer !== 'busy',
      );
      expect(gone).toMatchObject({ jobId: expect.any(String) });
      await until(
        () => groupOf(serverGroupId),
        (group) => group === undefined,
      );
      expect(await alb.deleteServerGroup(serverGroupId, token())).toBeUndefined();
    });

    it('takes listeners and rules down with their instance, and leaves groups', async () => {
      const { loadBalancerId, listenerId, serverGroupId } = await runningListener();
      await jobDone((await alb.createRules(listenerId, [rule(10, serverGroupId)], token())).jobId);
      await listenerRunning(loadBalancerId);
      await alb.deleteLoadBalancer(loadBalancerId, token());
      await until(
        () => alb.getLoadBalancer(loadBalancerId),
        (one) => one === undefined,
      );
      expect(await alb.listListeners(loadBalancerId)).toEqual([]);
      expect(await alb.listRules(loadBalancerId, 'Request')).toEqual([]);
      expect(await groupOf(serverGroupId)).toBeDefined();
    });

    it('refuses a change while another goes on', async () => {
      const { listenerId, serverGroupId } = await runningListener();
      const results = await Promise.allSettled(
        [1, 2, 3, 4].map((priority) => alb.createRules(listenerId, [rule(priority, serverGroupId)], token())),
      );
      const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as CloudFailure] : []));
      expect(results.length - refused.length).toBeGreaterThanOrEqual(1);
      expect(refused.length).toBeGreaterThanOrEqual(1);
      for (const failure of refused) expect(failure.failure).toBe('busy');
    });

    it('adds tags to what exists', async () => {
      const loadBalancerId = await activeBalancer();
      const serverGroupId = await availableGroup();
      await alb.tagResources('loadbalancer', [loadBalancerId], { added: 'one', 'ack.aliyun.com': 'c-other' });
      await alb.tagResources('servergroup', [serverGroupId], { added: 'two' });
      expect((await alb.getLoadBalancer(loadBalancerId))?.tags).toEqual({ ...tags, added: 'one', 'ack.aliyun.com': 'c-other' });
      expect((await groupOf(serverGroupId))?.tags).toEqual({ ...tags, added: 'two' });
    });

    it('knows its jobs and says nothing of others', async () => {
      const { serverGroupId, jobId } = await createGroup('job');
      const [job] = await jobDone(jobId);
      expect(job).toMatchObject({ jobId, status: 'Succeeded', resourceId: serverGroupId });
      expect(await alb.getJobs(['no-such-job'])).toEqual([]);
      expect(await alb.getJobs([])).toEqual([]);
    });
  });
}
