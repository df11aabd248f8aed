/**
 * What is known to go wrong with server groups and their servers in the existing controllers, and must not here: one test an item, as far as
 * it shows from outside. What concerns rules alone is in defects-rules.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlbeitError } from '#shared/errors.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import type { Service } from '#shared/model/wish.ts';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';
import { RollingDeployment } from '#test/support/rolling-update.ts';
import { expectQuiet } from '#test/support/routed.ts';
import { annotated, hostOf, withTls } from '#test/support/routed-objects.ts';
import type { WorldPod } from '#test/support/world-pods.ts';

type Annotations = Readonly<Record<string, string>>;
type Item = Readonly<Record<string, unknown>>;

let world: MembersWorld;
beforeAll(async () => {
  world = await membersWorld();
  await world.bench.kube.mergePatch(
    { kind: 'Namespace', namespace: '', name: 'shop' },
    { metadata: { labels: { 'albeit.io/readiness-gates': 'enabled' } } },
  );
});
afterAll(() => world?.stop());

const ingress = (name: string, annotations: Annotations = {}, service = name) => annotated(name, annotations, [aPath('/', service)]);
const groupsOf = async (service: string): Promise<readonly Item[]> =>
  ((await world.bench.alb.state())['serverGroups'] ?? []).filter((one) => String(one['ServerGroupName']).includes(`-${service}-`));
// The snapshot's own shape: members are only compared.
const statusesOf = async (service: string): Promise<readonly unknown[]> =>
  (await groupsOf(service)).flatMap((one) => (one['Servers'] as readonly Item[]).map((server) => server['Status']));
const idsOf = async (service: string): Promise<readonly string[]> => (await groupsOf(service)).map((one) => String(one['ServerGroupId']));
const writes = async (): Promise<readonly string[]> => (await world.bench.calls()).filter((one) => one.write).map((one) => one.action);
const nodePort = (name: string, port: number, spec: Service['spec'] = {}): Service =>
  aService(name, { spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: port }], ...spec } });

/** Service and Ingress `name` with a pod. */
async function apply(name: string, annotations: Annotations = {}): Promise<void> {
  await world.addPod(name);
  await world.apply(aService(name), ingress(name, annotations));
}

/** The same, and it is served, as it is only at once while nothing is checked. */
async function serve(name: string, annotations: Annotations = {}): Promise<void> {
  await apply(name, annotations);
  expect(await world.goesTo({ host: hostOf(name) })).toBe(name);
}

const gate = 'target-health.alb.k8s.alibabacloud';

/** Pods with a gate behind a Service, ready. */
async function gated(service: string): Promise<RollingDeployment> {
  const pods = new RollingDeployment(world, {
    ...{ service, replicas: 2, maxSurge: 1, maxUnavailable: 0, startMs: 1000, preStopMs: 5000, gates: [gate] },
  });
  await pods.announce();
  return pods;
}

/** Lets a minute pass, or less when the pods are ready before. */
async function ready(pods: RollingDeployment): Promise<boolean> {
  for (let times = 0; times < 240 && !(times > 0 && pods.rolledOut); times++) {
    await pods.step();
    await world.bench.run(250);
  }
  return pods.rolledOut;
}

const everything: Annotations = {
  ...{ 'healthcheck-enabled': 'true', 'healthcheck-httpcode': 'http_3xx,http_2xx', 'healthcheck-path': '/ready' },
  ...{ 'healthcheck-timeout-seconds': '300', 'healthcheck-connect-port': '8080', 'unhealthy-threshold-count': '10' },
  ...{ 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'shop', 'connection-drain-enabled': 'true' },
  ...{ 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'user', 'backend-keepalive': 'true' },
};

describe('CPAC', () => {
  it('CPAC 1: health checks and stickiness are written once', async () => {
    await apply('rich', everything);
    await world.bench.calls();
    await expectQuiet(world);
    await world.bench.sweep();
    await world.settle();
    expect(await writes()).toEqual([]);
  });

  it('CPAC 12: a deleted Ingress leaves nothing that endpoints of its Service could bring back', async () => {
    await serve('forgotten');
    await world.remove(ingress('forgotten'));
    expect(await idsOf('forgotten')).toEqual([]);
    await world.addPod('forgotten');
    await world.settle();
    expect(await idsOf('forgotten')).toEqual([]);
    await expectQuiet(world);
  });

  it('CPAC 17: pods with a gate behind node ports do no harm, and become ready', async () => {
    await world.addNode('host');
    const pods = await gated('gated-ports');
    await world.write(nodePort('gated-ports', 30_201, {}), ingress('gated-ports'));
    expect(await ready(pods)).toBe(true);
    await world.settle();
    expect(await world.registered('gated-ports')).toEqual(['Ecs i-host-1:30201']);
    await pods.stop();
  });
});

describe('ALC', () => {
  it('ALC 10: the name of a cookie, codes and version of a health check reach the service', async () => {
    await apply('ten', { ...everything, 'healthcheck-code': 'http_2xx,http_4xx', 'healthcheck-httpversion': 'HTTP1.0' });
    const [group] = await groupsOf('ten');
    expect(group?.['StickySessionConfig']).toMatchObject({ StickySessionType: 'Server', Cookie: 'shop' });
    expect(group?.['HealthCheckConfig']).toMatchObject({ HealthCheckCodes: ['http_2xx', 'http_4xx'], HealthCheckHttpVersion: 'HTTP1.0' });
  });

  it('ALC 11: settings that cannot be hold one Ingress, and groups of others are made, changed and collected', async () => {
    await serve('neighbour');
    await world.apply(aService('bad'), ingress('bad', { 'backend-scheduler': 'uch' }));
    await serve('newcomer');
    await world.apply(ingress('neighbour', { 'backend-scheduler': 'wlc' }));
    expect((await groupsOf('neighbour')).map((one) => one['Scheduler'])).toEqual(['Wlc']);
    expect(await idsOf('bad')).toEqual([]);
    await world.remove(ingress('bad'));
    await expectQuiet(world);
  });

  it('ALC 12: groups are collected though something else goes wrong all the time', async () => {
    await serve('surplus');
    await serve('staying');
    await world.bench.alb.put('faults', [
      { match: { action: 'CreateRules' }, times: 1000, kind: 'error', code: 'IllegalParam.RuleConditions', status: 400 },
    ]);
    await world.addPod('troubled');
    await world.erase(ingress('surplus'));
    await world.write(aService('troubled'), ingress('troubled'));
    await world.bench.run(120_000);
    expect(await idsOf('surplus')).toEqual([]);
    await world.bench.alb.put('faults', []);
    // What was refused is tried again after half an hour.
    world.pass(1_900_000);
    await world.bench.sweep();
    await world.settle();
    expect(await world.goesTo({ host: hostOf('troubled') })).toBe('troubled');
    await expectQuiet(world);
  });

  it('ALC 14: another machine under the address of a node is another instance', async () => {
    await world.addNode('renewed', { silent: true });
    await world.addPod('by-node', { node: 'renewed' });
    await world.apply(nodePort('by-node', 30_202, { externalTrafficPolicy: 'Local' }), ingress('by-node'));
    expect(await world.registered('by-node')).toEqual(['Ecs i-renewed-1:30202 weight 1']);
    await world.removeNode('renewed');
    await world.settle();
    await world.addNode('renewed', { silent: true, machine: 2 });
    await world.settle();
    expect(await world.registered('by-node')).toEqual(['Ecs i-renewed-2:30202 weight 1']);
    expect(await world.goesTo({ host: hostOf('by-node') })).toBe('by-node');
    await expectQuiet(world);
  });

  it('ALC 16: a condition that could not be written is written later', async () => {
    const pods = await gated('patched');
    await world.write(aService('patched'), ingress('patched'));
    let lost = 0;
    world.bench.kube.fail(new AlbeitError('KUBE-AWAY', { detail: 'a moment' }), 3, ({ kind, verb }) => {
      const hit = kind === 'Pod' && verb === 'patch' && !pods.writing;
      lost += hit ? 1 : 0;
      return hit;
    });
    expect(await ready(pods)).toBe(true);
    expect(lost).toBe(3);
    await pods.stop();
  });

  it.each(['gone', 'listed'] as const)(
    'ALC 17: a pod that comes back while it is being removed is a server again (drained ones: %s)',
    async (drainingServers) => {
      await world.bench.alb.put('settings', { drainingServers, times: { serversMs: 5000 } });
      const name = `returning-${drainingServers}`;
      await serve(name, { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '20' });
      const pod = await world.addPod(name);
      await world.settle();
      const whole = await world.registered(name);
      expect(whole).toHaveLength(2);
      await world.mark(pod, { ready: false });
      // The removal has begun, and has not ended.
      await world.bench.run(100);
      expect(await world.registered(name)).toHaveLength(1);
      expect(await statusesOf(name)).toContain('Removing');
      await world.mark(pod, { ready: true });
      await world.settle();
      expect(await world.registered(name)).toEqual(whole);
      await expectQuiet(world);
      await world.bench.alb.put('settings', { drainingServers: 'gone', times: { serversMs: 500 } });
    },
  );

  it('ALC 18: Services of one name in two namespaces have ports and pods of their own', async () => {
    await world.write({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } } satisfies KubeObject);
    await world.addPod('twin');
    const theirs = await world.addPod('twin', { namespace: 'other' });
    const spec = { ports: [{ name: 'http', port: 8000, targetPort: 8080 }] };
    const path = { path: '/', pathType: 'Prefix', backend: { service: { name: 'twin', port: { number: 8000 } } } } as const;
    await world.apply(
      ...[aService('twin'), aService('twin', { namespace: 'other', spec }), ingress('twin')],
      anIngress({ name: 'twin', namespace: 'other', host: 'other.example.com', paths: [path] }),
    );
    const podOf = async (host: string) => (await world.ask({ host })).pod;
    expect(await podOf('other.example.com')).toBe(theirs.name);
    expect(await podOf(hostOf('twin'))).not.toBe(theirs.name);
    await world.bench.calls();
    await world.addPod('twin', { namespace: 'other' });
    await world.settle();
    expect(await writes()).toEqual(['AddServersToServerGroup']);
    await expectQuiet(world);
  });
});

describe('ACK', () => {
  it('ACK 5: where no server more fits, pods are replaced all the same, and no instant is dark', async () => {
    const small = await membersWorld({ settings: { quotas: { serversPerLoadBalancer: { Standard: 4 }, serversPerGroup: 4 } } });
    const old: WorldPod[] = [];
    for (let times = 0; times < 4; times++) old.push(await small.addPod('full'));
    await small.apply(aService('full'), ingress('full'));
    expect(await small.registered('full')).toHaveLength(4);
    const elsewhere = await small.during('full', async () => {
      for (const pod of old) {
        await small.addPod('full');
        await small.mark(pod, { ready: false, terminating: true });
      }
    });
    expect(elsewhere).toEqual([]);
    const before = old.flatMap((one) => one.addresses.map(({ ip }) => `Eni ${ip}:8080`));
    expect((await small.registered('full')).filter((one) => before.includes(one))).toEqual([]);
    expect(await small.registered('full')).toHaveLength(4);
    await expectQuiet(small);
    await small.stop();
  });

  it('ACK 6: a change of one Service lists nothing of the others', async () => {
    for (const name of ['six-a', 'six-b', 'six-c']) await serve(name);
    await world.bench.calls();
    await world.addPod('six-b');
    await world.settle();
    const calls = await world.bench.calls();
    expect(calls.filter((one) => one.write).map((one) => one.action)).toEqual(['AddServersToServerGroup']);
    expect(calls.filter((one) => !one.write).length).toBeLessThanOrEqual(2);
  });

  it('ACK 9: another protocol, and another type of the Service, need nothing to be made again by hand', async () => {
    await world.addNode('nine-host');
    await world.addPod('nine', { node: 'nine-host', ports: {} });
    const speaking = (protocol: string) => withTls(ingress('nine', { 'backend-protocol': protocol }));
    const answer = () => world.goesTo({ host: hostOf('nine'), port: 443 });
    await world.apply(aService('nine'), speaking('http'));
    const first = await idsOf('nine');
    await world.apply(speaking('grpc'));
    expect(await idsOf('nine')).not.toEqual(first);
    await world.apply(speaking('http'));
    expect(await answer()).toBe('nine');
    for (const service of [nodePort('nine', 30_203), nodePort('nine', 30_203, { type: 'LoadBalancer' }), aService('nine')]) {
      await world.apply(service);
      expect(await answer()).toBe('nine');
      await expectQuiet(world);
    }
    expect(await groupsOf('nine')).toHaveLength(1);
  });

  it('ACK 14: one Service in many Ingresses has one group for every way in which it is asked for', async () => {
    await serve('shared');
    await world.apply(
      ...['a', 'b', 'c'].map((name) => ingress(`shared-by-${name}`, {}, 'shared')),
      ...['d', 'e'].map((name) => ingress(`shared-by-${name}`, { 'backend-scheduler': 'wlc' }, 'shared')),
    );
    const all = ((await world.bench.alb.state())['serverGroups'] ?? []).filter((one) =>
      String(one['ServerGroupName']).includes('-shared-'),
    );
    expect(all.map((one) => one['Scheduler']).sort()).toEqual(['Wlc', 'Wrr']);
    for (const name of ['a', 'd']) expect(await world.goesTo({ host: hostOf(`shared-by-${name}`) })).toBe('shared');
    await expectQuiet(world);
  });
});
