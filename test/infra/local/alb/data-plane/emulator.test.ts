/** The whole ALB: what the API is told is what the data plane does, through every change on the way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDataPlane } from '#infra/local/alb/data-plane/data-plane.ts';
import { type AlbService, startAlb } from '#infra/local/alb/start.ts';
import type { LocalInterface } from '#infra/local/alb/view.ts';
import { localCredentials } from '#infra/local/credentials.ts';
import { type EchoServer, startEcho } from '#infra/local/node/echo.ts';
import { interfaceOf, interfaceOfNode } from '#infra/local/node/network.ts';
import { type LocalNode, localNodes } from '#infra/local/node/nodes.ts';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import type { Alb, ListenerSettings, NewRule, RuleAction, Server, ServerGroupSettings } from '#shared/cloud/alb/port.ts';
import { groupSettings } from '../../../../support/alb-settings.ts';
import { call } from './plane.ts';

const times = { loadBalancerMs: 1, loadBalancerUpdateMs: 1, listenerMs: 1, ruleMs: 1, serverGroupMs: 1, serversMs: 1, deleteMs: 1 };
const region = localCredentials.region;

const quick = { healthCheckInterval: 1, healthCheckTimeout: 1, healthyThreshold: 2, unhealthyThreshold: 2 };
const namedSettings = (name: string, own: Partial<ServerGroupSettings> = {}): ServerGroupSettings =>
  groupSettings({ serverGroupName: name, serviceName: name, ...own });

const checked = { healthCheckConfig: groupSettings({ healthCheckConfig: { healthCheckEnabled: true, ...quick } }).healthCheckConfig };
const draining = { connectionDrainConfig: { connectionDrainEnabled: true, connectionDrainTimeout: 300 } };
const sticky = {
  stickySessionConfig: { stickySessionEnabled: true, stickySessionType: 'Insert', cookie: '', cookieTimeout: 100 },
} as const;

const listenerSettings: ListenerSettings = { listenerDescription: 'test', idleTimeout: 15, requestTimeout: 5, gzipEnabled: false };

// One is asked for.
const [node] = localNodes(1, false) as readonly [LocalNode];

const aRule = (priority: number, path: string, serverGroupId: string): NewRule => ({
  ruleName: `rule-${priority}`,
  priority,
  direction: 'Request',
  tags: {},
  ruleConditions: [
    { type: 'Host', hostConfig: { values: ['cafe.example.com'] } },
    { type: 'Path', pathConfig: { values: [path, `${path}/*`] } },
  ],
  ruleActions: [{ type: 'ForwardGroup', order: 1, forwardGroupConfig: { serverGroupTuples: [{ serverGroupId, weight: 100 }] } }],
});

describe('the emulated ALB with its data plane', () => {
  let service: AlbService;
  let alb: Alb;
  let tokens = 0;
  const pods: { readonly echo: EchoServer; readonly known: LocalInterface }[] = [];
  const next = () => {
    tokens += 1;
    return `token-${tokens}`;
  };

  /** Repeats a look until it is as wanted; jobs of a millisecond are over soon. */
  const until = async <T>(look: () => Promise<T>, wanted: (found: T) => boolean): Promise<T> => {
    const end = Date.now() + 10_000;
    for (;;) {
      const found = await look();
      if (wanted(found) || Date.now() > end) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const done = async ({ jobId }: { readonly jobId: string }) => {
    const jobs = await until(
      () => alb.getJobs([jobId]),
      ([job]) => job?.status !== 'Processing',
    );
    expect(jobs[0]?.status).toBe('Succeeded');
  };
  const door = async (name: string, body?: unknown) => {
    const answer = await fetch(`${service.url}/_/${name}`, body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return (await answer.json()) as {
      readonly rules: readonly { readonly Priority: number; readonly Direction: string }[];
      readonly dataPlane: readonly { readonly port: number; readonly url: string; readonly listenerId: string }[];
    };
  };
  const addPod = async (name: string): Promise<Server> => {
    const echo = await startEcho(() => ({ namespace: 'default', ingress: '', service: '', pod: name }));
    const known = interfaceOf({ uid: name, address: `10.64.0.${pods.length + 10}`, socket: echo.socket, node }, region);
    pods.push({ echo, known });
    await door(
      'network',
      pods.map((pod) => pod.known),
    );
    return { serverType: 'Eni', serverId: known.networkInterfaceId, serverIp: known.privateIp, port: 3000, weight: 100 };
  };
  const newGroup = async (name: string, servers: readonly Server[], own: Partial<ServerGroupSettings> = {}) => {
    const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: 'vpc-local' } as const;
    const made = await alb.createServerGroup({ settings: namedSettings(name, own), fixed, tags: {}, clientToken: next() });
    await done(made);
    if (servers.length > 0) await done(await alb.addServers(made.serverGroupId, servers, next()));
    return made.serverGroupId;
  };

  let url: string;
  let listenerId: string;
  let tea: string;
  const ask = (path: string) => call(`${url}${path}`, { headers: { host: 'cafe.example.com' } });
  const podOf = async (path: string) => {
    const answer = await ask(path);
    return answer.status === 200 ? String((JSON.parse(answer.body) as { pod: string }).pod) : answer.status;
  };

  beforeAll(async () => {
    service = await startAlb({ credentials: localCredentials, settings: { times }, dataPlane: (view) => startDataPlane(view) });
    alb = createAlb({ endpoint: service.url, ...localCredentials });
    const zoneMappings = ['a', 'b'].map((zone) => ({ zoneId: `${region}-${zone}`, vSwitchId: `vsw-local-${zone}` }));
    const { loadBalancerId } = await alb.createLoadBalancer({
      settings: {
        ...{ loadBalancerName: 'cafe', addressType: 'Internet', loadBalancerEdition: 'Standard', deletionProtectionEnabled: false },
        modificationProtection: 'NonProtection',
      },
      ...{ vpcId: 'vpc-local', zoneMappings, tags: {}, clientToken: next() },
    });
    await until(
      () => alb.getLoadBalancer(loadBalancerId),
      (found) => found?.status === 'Active',
    );
    tea = await newGroup('tea', [await addPod('tea-1')], draining);
    const defaultServerGroupId = await newGroup('fake', []);
    const made = await alb.createListener({
      ...{ loadBalancerId, protocol: 'HTTP', port: 80, defaultServerGroupId, settings: listenerSettings, tags: {}, clientToken: next() },
    });
    await done(made);
    listenerId = made.listenerId;
    const state = await until(
      () => door('state'),
      (found) => found.dataPlane.length === 1,
    );
    url = state.dataPlane[0]?.url ?? '';
    expect(state.dataPlane[0]).toMatchObject({ listenerId, port: 80 });
  });
  afterAll(async () => {
    alb?.close();
    await service?.stop();
    await Promise.all(pods.map((pod) => pod.echo.stop(0)));
  });

  it('answers 503 before there is a rule, and routes once its job has ended', async () => {
    expect((await ask('/tea')).status).toBe(503);
    await done(await alb.createRules(listenerId, [aRule(10, '/tea', tea)], next()));
    expect(await podOf('/tea/green')).toBe('tea-1');
    expect((await ask('/teapot')).status).toBe(503);
    expect((await call(`${url}/tea`, { headers: { host: 'other.example.com' } })).status).toBe(503);
  });

  it('takes turns between servers, and follows a replacement without a failed request', async () => {
    const [old] = await alb.listServers(tea);
    await done(await alb.addServers(tea, [await addPod('tea-2')], next()));
    expect(new Set([await podOf('/tea'), await podOf('/tea')])).toEqual(new Set(['tea-1', 'tea-2']));
    const third = await addPod('tea-3');
    let replacing = true;
    const seen: (string | number)[] = [];
    const client = (async () => {
      while (replacing) seen.push(await podOf('/tea'));
    })();
    await done(await alb.replaceServers(tea, [third], old === undefined ? [] : [old], next()));
    replacing = false;
    await client;
    expect(seen.filter((one) => typeof one === 'number')).toEqual([]);
    expect(new Set([await podOf('/tea'), await podOf('/tea')])).toEqual(new Set(['tea-2', 'tea-3']));
  });

  it('keeps a client at its server where the group says so', async () => {
    const loyal = await newGroup('loyal', [await addPod('loyal-1'), await addPod('loyal-2')], sticky);
    await done(await alb.createRules(listenerId, [aRule(7, '/loyal', loyal)], next()));
    const first = await ask('/loyal');
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^SERVERID=[^;]+; Path=\/; Max-Age=100$/);
    const again = await Promise.all(
      [1, 2, 3].map(() => call(`${url}/loyal`, { headers: { host: 'cafe.example.com', cookie: cookie.split(';')[0] } })),
    );
    const podIn = (body: string) => (JSON.parse(body) as { readonly pod: string }).pod;
    expect(again.map(({ body }) => podIn(body))).toEqual(Array(3).fill(podIn(first.body)));
  });

  it('stays in the zone where the group says so', async () => {
    const near = await newGroup('near', [await addPod('near-1'), await addPod('near-2')], { crossZoneEnabled: false });
    await done(await alb.createRules(listenerId, [aRule(8, '/near', near)], next()));
    for (const arrivalZone of [`${region}-a`, `${region}-b`]) {
      await door('settings', { dataPlane: { arrivalZone } });
      expect(new Set([await podOf('/near'), await podOf('/near'), await podOf('/near')]).size).toBe(1);
    }
    await door('settings', { dataPlane: { arrivalZone: '' } });
    // Connections come in by each of the load balancer's zones in turn.
    expect(new Set([await podOf('/near'), await podOf('/near')]).size).toBe(2);
  });

  it('puts a rule of a smaller number before', async () => {
    const green = await newGroup('green', [await addPod('green-1')]);
    await done(await alb.createRules(listenerId, [aRule(5, '/tea/green', green)], next()));
    expect(await podOf('/tea/green')).toBe('green-1');
    expect(await podOf('/tea/black')).toMatch(/^tea-/);
  });

  it('keeps a server whose checks have not passed yet out, and forwards once they have', async () => {
    const slow = await newGroup('slow', [await addPod('slow-1')], checked);
    await done(await alb.createRules(listenerId, [aRule(1, '/slow', slow)], next()));
    const answers = new Set<string | number>();
    await until(
      async () => {
        answers.add(await podOf('/slow'));
        return answers;
      },
      (found) => found.has('slow-1'),
    );
    expect(answers).toEqual(new Set([503, 'slow-1']));
  });

  it('forwards to a group without a healthy server when the switch says so', async () => {
    const sick = await addPod('sick-1');
    const group = await newGroup('sick', [{ ...sick, port: 3000 }], checked);
    await done(await alb.createRules(listenerId, [aRule(2, '/sick', group)], next()));
    expect(await podOf('/sick')).toBe(503);
    await door('settings', { dataPlane: { whenAllUnhealthy: 'forward' } });
    expect(await podOf('/sick')).toBe('sick-1');
    await door('settings', { dataPlane: { whenAllUnhealthy: 'refuse' } });
  });

  it('carries out actions and conditions of every kind as they came over the wire', async () => {
    const copies = await newGroup('copies', [await addPod('copies-1')]);
    const forward = (order: number): RuleAction => ({
      type: 'ForwardGroup',
      order,
      forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: tea, weight: 100 }] },
    });
    const ruleAbout = (priority: number, path: string, ruleActions: readonly RuleAction[]): NewRule => ({
      ...aRule(priority, path, tea),
      ruleConditions: [{ type: 'Path', pathConfig: { values: [path] } }],
      ruleActions,
    });
    const rules: readonly NewRule[] = [
      ruleAbout(50, '~*^/all/(.*)$', [
        {
          type: 'TrafficMirror',
          order: 1,
          trafficMirrorConfig: { targetType: 'ForwardGroupMirror', mirrorGroupConfig: { serverGroupTuples: [{ serverGroupId: copies }] } },
        },
        {
          type: 'Cors',
          order: 2,
          corsConfig: {
            allowOrigin: ['*'],
            allowMethods: ['GET'],
            allowHeaders: ['*'],
            exposeHeaders: ['x-a'],
            allowCredentials: 'off',
            maxAge: -1,
          },
        },
        { type: 'InsertHeader', order: 3, insertHeaderConfig: { key: 'x-port', value: 'SLBPort', valueType: 'SystemDefined' } },
        { type: 'RemoveHeader', order: 4, removeHeaderConfig: { key: 'x-gone' } },
        forward(5),
      ]),
      ruleAbout(51, '~*^/new/(.*)$', [
        { type: 'Rewrite', order: 1, rewriteConfig: { host: '\u0024{host}', path: '/tea/\u0024{1}', query: '\u0024{query}' } },
        forward(2),
      ]),
      ruleAbout(52, '/limited', [
        { type: 'TrafficLimit', order: 1, trafficLimitConfig: { QPS: 1 } },
        { type: 'FixedResponse', order: 2, fixedResponseConfig: { content: 'fine', contentType: 'text/plain', httpCode: '202' } },
      ]),
      ruleAbout(53, '/elsewhere', [
        {
          type: 'Redirect',
          order: 1,
          redirectConfig: {
            protocol: 'HTTPS',
            host: '\u0024{host}',
            port: '443',
            path: '/x\u0024{path}',
            query: '\u0024{query}',
            httpCode: '308',
          },
        },
      ]),
      {
        ...ruleAbout(50, '/all/*', [
          { type: 'InsertHeader', order: 1, insertHeaderConfig: { key: 'x-answered', value: 'yes', valueType: 'UserDefined' } },
        ]),
        direction: 'Response',
        ruleConditions: [{ type: 'ResponseStatusCode', responseStatusCodeConfig: { values: ['200'] } }],
      },
    ];
    await done(await alb.createRules(listenerId, rules, next()));
    const answer = await call(`${url}/all/x`, { headers: { origin: 'http://a.test', 'x-gone': '1' } });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'x-a',
      'x-answered': 'yes',
    });
    const echoed = JSON.parse(answer.body) as { readonly headers: Readonly<Record<string, unknown>>; readonly pod: string };
    expect(echoed.pod).toMatch(/^tea-/);
    expect(JSON.stringify(echoed.headers).toLowerCase()).toContain('"x-port":["80"]');
    expect(JSON.stringify(echoed.headers).toLowerCase()).not.toContain('x-gone');
    expect(JSON.parse((await call(`${url}/new/cup?milk=1`)).body)).toMatchObject({ path: '/tea/cup?milk=1' });
    const limited = await Promise.all([1, 2, 3].map(() => call(`${url}/limited`)));
    // How many pass is counted on a clock of the test's own (traffic-limit.test.ts); here time is real.
    expect(new Set(limited.map((one) => one.status))).toEqual(new Set([202, 503]));
    const away = await call(`${url}/elsewhere?a=b`, { headers: { host: 'cafe.example.com' } });
    expect([away.status, away.headers.location]).toEqual([308, 'https://cafe.example.com:443/x/elsewhere?a=b']);
    const { rules: shown } = await door('state');
    expect(shown.filter((one) => one.Priority === 50).map((one) => one.Direction)).toEqual(['Request', 'Response']);
    const journal = await (await fetch(`${service.url}/_/journal`)).text();
    expect(journal).toContain('"Rules.5.Direction":"Response"');
  });

  it('reaches an instance at its node ports, on its own interface, and answers 502 for a port that is closed', async () => {
    const [pod] = pods;
    const own = interfaceOfNode(node, { 30080: pod?.echo.socket ?? '' }, region);
    await door('network', [...pods.map(({ known }) => known), own]);
    const server: Server = { serverType: 'Ecs', serverId: node.instanceId, serverIp: '', port: 30080, weight: 100 };
    const ports = await newGroup('ports', [server]);
    const closed = await newGroup('closed', [{ ...server, port: 30081 }]);
    await done(await alb.createRules(listenerId, [aRule(3, '/ports', ports), aRule(4, '/closed', closed)], next()));
    expect(await podOf('/ports')).toBe('tea-1');
    expect(await podOf('/closed')).toBe(502);
  });

  it('reaches a server by its IPv6 address', async () => {
    const { echo, known } = pods[0] ?? {};
    const privateIp = 'fd00:10:64::a';
    await door('network', [...pods.map((one) => one.known), { ...known, privateIp, socket: echo?.socket }]);
    const fixed = { serverGroupType: 'Instance', protocol: 'HTTP', vpcId: 'vpc-local', ipv6Enabled: true } as const;
    const made = await alb.createServerGroup({ settings: namedSettings('six'), fixed, tags: {}, clientToken: next() });
    await done(made);
    const server: Server = { serverType: 'Eni', serverId: known?.networkInterfaceId ?? '', serverIp: privateIp, port: 3000, weight: 100 };
    await done(await alb.addServers(made.serverGroupId, [server], next()));
    await done(await alb.createRules(listenerId, [aRule(6, '/six', made.serverGroupId)], next()));
    expect(await podOf('/six')).toBe('tea-1');
  });

  it('closes the port with the listener', async () => {
    const job = await alb.deleteListener(listenerId, next());
    if (job !== undefined) await done(job);
    const state = await until(
      () => door('state'),
      (found) => found.dataPlane.length === 0,
    );
    expect(state.dataPlane).toEqual([]);
    await expect(call(url)).rejects.toThrow();
  });
});
