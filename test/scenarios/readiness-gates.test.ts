/** Readiness gates: a Pod is ready only when the load balancer has it in service, and never because nobody asked. */
import { afterEach, describe, expect, it } from 'vitest';
import { AlbeitError } from '#shared/errors.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import type { Ingress } from '#shared/model/wish.ts';
import { podIp, zones } from '#test/support/cafe.ts';
import { GatedPods, gate, selecting } from '#test/support/gated-pods.ts';
import { aClass, anAlbConfig, anIngress, aPath } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const otherGate = 'target-health.alb.k8s.alicloud';
/** Three checks in a row, a second apart. */
const checked = { 'healthcheck-enabled': 'true', 'healthcheck-interval-seconds': '1', 'healthy-threshold-count': '3' };
const web = { labels: { app: 'web' } };

const namespace = (optedIn = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', ...(optedIn ? { labels: { 'albeit.io/readiness-gates': 'enabled' } } : {}) },
});
const ingress = (name: string, service: string, annotations: Readonly<Record<string, string>> = {}): Ingress =>
  anIngress({ name, host: `${name}.example.com`, paths: [aPath('/', service)], annotations });

interface Draft {
  readonly objects?: readonly KubeObject[];
  readonly optedIn?: boolean;
  /** Of the emulated ALB. */
  readonly settings?: unknown;
}

let bench: Workbench;
let pods: GatedPods;

/** Class and AlbConfig; Service and Ingress `web` unless others are given. */
async function shop({ objects = [selecting('web'), ingress('web', 'web')], optedIn = true, settings }: Draft = {}): Promise<void> {
  const addresses = Array.from({ length: 12 }, (_, index) => podIp(1, index));
  const albConfig = anAlbConfig({ spec: { config: zones, listeners: [{ port: 80, protocol: 'HTTP' }] } });
  bench = await createWorkbench([namespace(optedIn), albConfig, aClass(), ...objects], addresses, settings);
  pods = new GatedPods(bench);
}
afterEach(() => bench.stop());

/** The whole cluster comes to rest. */
const rest = async (): Promise<void> => {
  await pods.observe();
  await bench.settle(() => pods.observe());
};

const apply = async (object: KubeObject): Promise<void> => {
  await bench.kube.create(object);
  bench.changed();
};

/** Calls of the API server about Pods since the last time. */
let counted = 0;
function podCalls(): readonly string[] {
  const calls = bench.kube.calls.slice(counted).filter((one) => one.kind === 'Pod');
  counted = bench.kube.calls.length;
  return calls.map((one) => `${one.verb}${one.subresource === undefined ? '' : ` ${one.subresource}`}`);
}

/** Lets time pass until something holds, a second at a time. */
async function comesTo(what: string, holds: () => boolean): Promise<void> {
  for (let seconds = 0; seconds < 60 && !holds(); seconds++) await bench.run(1000, () => pods.observe());
  expect(holds(), what).toBe(true);
}

/** A settled shop in which Pod `web-a` has started and waits: its server is registered, and has this health. */
async function shopWithAiling(status: 'Unhealthy' | 'Initial', objects: readonly KubeObject[]): Promise<void> {
  await shop({ objects });
  bench.changed();
  await rest();
  await bench.alb.put('health', [{ server: podIp(1, 0), status }]);
  await pods.start('web-a', podIp(1, 0), web);
  await comesTo('closed', () => pods.says('web-a') === 'False AwaitingHealth');
}

describe('a gated Pod', () => {
  it('is registered before it is ready, and ready when it is registered', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), web);
    bench.changed();
    await rest();
    expect(pods.says('web-a')).toBe('True InService');
    expect(pods.isReady('web-a')).toBe(true);
    const servers = ((await bench.alb.state())['serverGroups'] ?? []).flatMap((one) => one['Servers'] as readonly { ServerIp: string }[]);
    expect(servers.map((one) => one.ServerIp)).toContain(podIp(1, 0));
  });

  it('has both of our gates opened, with one write, and gates of others left alone', async () => {
    await shop();
    bench.changed();
    await rest();
    podCalls();
    await pods.start('web-a', podIp(1, 0), { ...web, gates: [gate, otherGate, 'example.com/gate'] });
    await rest();
    expect([pods.says('web-a'), pods.says('web-a', otherGate), pods.says('web-a', 'example.com/gate')]).toEqual([
      'True InService',
      'True InService',
      'absent',
    ]);
    // It is not ready, for the gate of others; and stays registered, for its containers are.
    expect(pods.isReady('web-a')).toBe(false);
    await bench.settle();
    bench.membersChanged('shop', 'web');
    await rest();
    expect(pods.says('web-a')).toBe('True InService');
  });

  it('waits until its containers are ready', async () => {
    await shop();
    bench.changed();
    await pods.start('web-a', podIp(1, 0), { ...web, containersReady: false });
    await rest();
    expect(pods.says('web-a')).toBe('absent');
    await pods.setContainersReady('web-a', true);
    await rest();
    expect(pods.says('web-a')).toBe('True InService');
  });

  it('is told nothing for the first moments, when most are in service soon', async () => {
    await shop({ objects: [selecting('web'), ingress('web', 'web', checked)] });
    bench.changed();
    await rest();
    await bench.alb.put('health', [{ server: podIp(1, 0), status: 'Initial' }]);
    await pods.start('web-a', podIp(1, 0), web);
    await bench.run(2000, () => pods.observe());
    expect(pods.says('web-a')).toBe('absent');
    await comesTo('closed', () => pods.says('web-a') === 'False AwaitingHealth');
  });

  it('waits for the health check where there is one, and says so', async () => {
    await shopWithAiling('Unhealthy', [selecting('web'), ingress('web', 'web', checked)]);
    const { message } = pods.pod('web-a')?.status?.conditions?.find((one) => one.type === gate) ?? {};
    expect(message).toContain(`${podIp(1, 0)}:8080`);
    expect(message).toContain('Unhealthy');
    // Most Pods wait for a moment: only who waits for long is told in an Event.
    const told = () =>
      bench.kube
        .held<KubeObject & { readonly message: string }>('Event')
        .filter((one) => one.message.includes('[GATE-CLOSED]'))
        .map((one) => one.message.includes('Unhealthy'));
    expect(told()).toEqual([]);
    await comesTo('told', () => told().length > 0);
    expect(told()).toEqual([true]);
    await bench.alb.put('health', []);
    await comesTo('open', () => pods.says('web-a') === 'True InService');
  });

  it('waits for every group that holds it, of its own Service and of others', async () => {
    const admin = [selecting('admin', { app: 'web' }), ingress('admin', 'admin', checked)];
    await shopWithAiling('Initial', [selecting('web'), ingress('web', 'web'), ...admin]);
    await bench.alb.put('health', []);
    await comesTo('open', () => pods.says('web-a') === 'True InService');
  });

  it('opens when the first Ingress of its Service has a rule', async () => {
    await shop({ objects: [selecting('web'), ingress('web', 'web', checked)] });
    // The Pods are there before anything of the load balancer is.
    await pods.start('web-a', podIp(1, 0), web);
    await bench.run(2000, () => pods.observe());
    expect(pods.says('web-a')).toBe('absent');
    bench.changed();
    await comesTo('open', () => pods.says('web-a') === 'True InService');
  });

  it('stays open when a new Ingress makes another group of its Service', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), web);
    bench.changed();
    await rest();
    await bench.alb.put('health', [{ server: podIp(1, 0), status: 'Unhealthy' }]);
    let dark = false;
    await apply(ingress('more', 'web', checked));
    await bench.settle(async () => {
      await pods.observe();
      dark ||= !pods.isReady('web-a');
    });
    expect(dark).toBe(false);
  });

  it('is closed when its containers fail, and opens again', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), web);
    await pods.start('web-b', podIp(1, 1), web);
    bench.changed();
    await rest();
    await pods.setContainersReady('web-a', false);
    await rest();
    expect([pods.says('web-a'), pods.says('web-b')]).toEqual(['False ContainersNotReady', 'True InService']);
    await pods.setContainersReady('web-a', true);
    await rest();
    expect(pods.says('web-a')).toBe('True InService');
  });

  it('is closed when no Service selects it any more', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), web);
    await pods.start('web-b', podIp(1, 1), web);
    bench.changed();
    await rest();
    await pods.patch('web-a', { metadata: { labels: { app: 'quarantine' } } });
    await rest();
    expect([pods.says('web-a'), pods.says('web-b')]).toEqual(['False Deregistered', 'True InService']);
  });

  it('keeps its gate when the load balancer goes, for other Services still want it', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), web);
    bench.changed();
    await rest();
    await bench.kube.remove({ kind: 'Ingress', namespace: 'shop', name: 'web' });
    bench.changed();
    await rest();
    expect(pods.isReady('web-a')).toBe(true);
  });

  it('waits for a chain that is slow, or cannot make its group, and says so', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), web);
    // The chain has not begun: nobody has told it.
    await bench.run(9000, () => pods.observe());
    expect(pods.says('web-a')).toBe('absent');
    await comesTo('closed', () => pods.says('web-a') === 'False AwaitingGroup');
    bench.changed();
    await comesTo('open', () => pods.says('web-a') === 'True InService');
  });

  it('does not wait for ever when its namespace opts out meanwhile', async () => {
    await shop({ objects: [selecting('web'), ingress('web', 'web', checked)] });
    bench.changed();
    await rest();
    await bench.alb.put('health', [{ server: podIp(1, 0), status: 'Unhealthy' }]);
    await pods.start('web-a', podIp(1, 0), web);
    await comesTo('closed', () => pods.says('web-a') === 'False AwaitingHealth');
    await bench.kube.mergePatch({ kind: 'Namespace', namespace: '', name: 'shop' }, { metadata: { labels: null } });
    await comesTo('open', () => pods.says('web-a') === 'True OptedOut');
    expect(pods.isReady('web-a')).toBe(true);
  });

  it('does not wait for ever when its Service is not behind an ALB', async () => {
    await shop({ objects: [selecting('web'), selecting('inside'), ingress('web', 'web')] });
    bench.changed();
    await pods.start('inside-a', podIp(1, 0), { labels: { app: 'inside' } });
    await rest();
    expect(pods.says('inside-a')).toBe('True NotBehindALB');
    expect(pods.isReady('inside-a')).toBe(true);
  });

  it('counts as reached where its node is the server, and breaks nothing', async () => {
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-1' },
      spec: { providerID: 'cn-local.i-node-1' },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    };
    const service = selecting('web');
    const nodePort = { ...service.spec, type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }] };
    await shop({ objects: [{ ...service, spec: nodePort } as KubeObject, ingress('web', 'web'), node] });
    await pods.start('web-a', podIp(1, 0), web);
    bench.changed();
    await rest();
    expect(pods.says('web-a')).toBe('True NoServerWanted');
  });
});

describe('repair', () => {
  it('writes a condition again that somebody took away', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), web);
    bench.changed();
    await rest();
    await pods.patch('web-a', { status: { conditions: [{ type: 'ContainersReady', status: 'True' }] } });
    await rest();
    expect(pods.says('web-a')).toBe('True InService');
  });

  it('tries again, and tells, when a condition could not be written', async () => {
    await shop();
    bench.changed();
    await rest();
    const refused = new AlbeitError('KUBE-REFUSED', { verb: 'patch', object: 'Pod shop/web-a', detail: 'HTTP 403 Forbidden' });
    bench.kube.fail(refused, 3, (call) => call.kind === 'Pod' && call.subresource === 'status' && call.verb === 'patch' && armed);
    let armed = false;
    await pods.start('web-a', podIp(1, 0), web);
    armed = true;
    await rest();
    expect(pods.says('web-a')).toBe('True InService');
    expect(bench.kube.held<KubeObject & { readonly reason: string }>('Event').map((one) => one.reason)).toContain('GATE-NOT-WRITTEN');
  });

  it('finds what it needs when the record of the Service is lost', async () => {
    await shopWithAiling('Unhealthy', [selecting('web'), ingress('web', 'web', checked)]);
    for (const { metadata } of bench.kube.held('Lease')) {
      await bench.kube.remove({ kind: 'Lease', namespace: metadata.namespace ?? '', name: metadata.name });
    }
    await bench.alb.put('health', []);
    bench.resync();
    await comesTo('open', () => pods.says('web-a') === 'True InService');
  });

  it('happens wherever the function dies, at the latest when the sweep comes by', async () => {
    await shop({ objects: [selecting('web'), ingress('web', 'web', checked)] });
    bench.changed();
    await rest();
    for (let point = 0; point < 12; point++) {
      bench.dieAfter(2 * point + 1, point % 2 === 1);
      await pods.start(`web-${point}`, podIp(1, point), web);
      await bench.run(20_000, () => pods.observe());
      if (pods.says(`web-${point}`) !== 'True InService') {
        await bench.run(100_000, () => pods.observe());
        await bench.sweep();
      }
      await comesTo(`open after a death at call ${2 * point + 1}`, () => pods.says(`web-${point}`) === 'True InService');
    }
  });

  it('goes on taking dead Pods out when Pods cannot be read, and keeps the ones that it let in', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), { ...web, gates: [gate, 'example.com/gate'] });
    await pods.start('web-b', podIp(1, 1), { ...web, gates: [] });
    await pods.start('web-c', podIp(1, 2), { ...web, gates: [] });
    bench.changed();
    await rest();
    const refused = new AlbeitError('KUBE-REFUSED', { verb: 'get', object: 'Pod', detail: 'HTTP 403 Forbidden' });
    bench.kube.fail(refused, 3, (call) => call.kind === 'Pod' && call.verb === 'get');
    await pods.remove('web-b');
    await bench.run(5000, () => pods.observe());
    const servers = ((await bench.alb.state())['serverGroups'] ?? []).flatMap((one) => one['Servers'] as readonly { ServerIp: string }[]);
    expect(servers.map((one) => one.ServerIp).sort()).toEqual([podIp(1, 0), podIp(1, 2)]);
    await rest();
  });
});

/** Who waits for slow work, or is refused a call, looks again. */
const unhindered = { times: { serversMs: 500 }, writeRate: null, readRate: null };

describe('cost', () => {
  it('is nothing in a namespace that did not opt in', async () => {
    await shop({ optedIn: false });
    await pods.start('web-a', podIp(1, 0), web);
    bench.changed();
    podCalls();
    await bench.run(20_000);
    expect(podCalls()).toEqual([]);
    expect(pods.says('web-a')).toBe('absent');
  });

  it('is no call at all for Pods that are ready', async () => {
    await shop();
    await pods.start('web-a', podIp(1, 0), web);
    bench.changed();
    await rest();
    podCalls();
    const before = bench.kube.calls.length;
    bench.membersChanged('shop', 'web');
    await bench.settle();
    expect(podCalls()).toEqual([]);
    expect(bench.kube.calls.slice(before).filter((one) => one.kind === 'Namespace' || one.kind === 'Service')).toEqual([]);
  });

  it('is one read and one write for a Pod of an unchecked group, and one question about health for all Pods of a pass', async () => {
    await shop({ settings: unhindered });
    bench.changed();
    await rest();
    await pods.start('web-a', podIp(1, 0), web);
    podCalls();
    await bench.settle();
    expect(podCalls()).toEqual(['get', 'patch status']);
    await bench.stop();
    await shop({ objects: [selecting('web'), ingress('web', 'web', checked)], settings: unhindered });
    bench.changed();
    await rest();
    await bench.alb.put('health', [{ server: podIp(1, 9), status: 'Unhealthy' }]);
    for (let pod = 0; pod < 10; pod++) await pods.start(`web-${pod}`, podIp(1, pod), web);
    await bench.run(1000);
    await bench.calls();
    await bench.run(10_000);
    const asked = (await bench.calls()).filter((one) => one.action === 'GetListenerHealthStatus').length;
    // Looks come at growing intervals, whatever the number of Pods.
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(8);
  });
});
