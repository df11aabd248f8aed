/** Health checks: which pods get requests when one of them fails in a way that only the setting at hand notices. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { callGrpc } from '#test/support/grpc-call.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { annotated, hostOf, withTls } from '#test/support/routed-objects.ts';
import type { Asked, Mood, PodDraft } from '#test/support/routed-servers.ts';
import { until } from '#test/support/until.ts';

let shop: Routed;
beforeAll(async () => {
  shop = await routed();
});
// Pods of tests that are over would be probed on.
afterEach(() => shop.remove(...shop.bench.kube.held('Ingress')));
afterAll(() => shop?.stop());

/** Checked with a timeout that never strikes by itself, on a clock that runs ahead of the machine's. */
const checks = { 'healthcheck-enabled': 'true', 'healthcheck-timeout-seconds': '300', 'healthcheck-interval-seconds': '1' };

/** Service and Ingress `name`: its first pod is always well, its second one is as drafted. */
async function serve(name: string, annotations: Readonly<Record<string, string>>, second: PodDraft): Promise<void> {
  await shop.apply(aService(name), annotated(name, annotations, [aPath('/', name)]));
  const slice = await shop.startPods(name, 1, second);
  await shop.bench.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name }, { endpoints: slice.endpoints });
  shop.bench.membersChanged('shop', name);
  await shop.settle();
}

async function groupOf(name: string): Promise<string> {
  const groups = (await shop.bench.alb.state())['serverGroups'] ?? [];
  return String(groups.find((one) => String(one['ServerGroupName']).includes(name))?.['ServerGroupId']);
}

/** Lets time pass until the pods are as they should be, in any order. */
async function comesTo(name: string, ...wanted: readonly string[]): Promise<void> {
  const group = await groupOf(name);
  const look = (): boolean => {
    shop.pass(500);
    return (
      shop.plane
        .health(group)
        .map((one) => one.status)
        .sort()
        .join() === [...wanted].sort().join()
    );
  };
  await until(look, `${wanted.join(', ')} of ${name}`, 15_000);
}

const answering = async (name: string): Promise<readonly string[]> => {
  const found = new Set<string>();
  for (let times = 0; times < 6; times++) {
    const { pod, status } = await shop.ask({ host: hostOf(name) });
    found.add(pod === '' ? String(status) : pod);
  }
  return [...found].sort();
};

/** Ill for probes alone: a probe comes with HEAD or GET from no client, and with this path. */
const illFor =
  (probed: string): Mood =>
  (request) =>
    request.url === probed ? 500 : 'echo';
/** Requests of clients carry the Ingress's host, probes the address of the pod. */
const isProbe = (request: Asked): boolean => request.headers.host?.startsWith('10.64.') === true;

describe('annotation healthcheck-enabled', () => {
  it('false: a pod that is ill gets requests all the same; true: it gets none', async () => {
    const ill: Mood = (request) => (isProbe(request) ? 500 : 'echo');
    await serve('enabled', {}, { mood: ill });
    expect(await answering('enabled')).toEqual(['enabled-0', 'enabled-1']);
    await shop.apply(annotated('enabled', checks, [aPath('/', 'enabled')]));
    await comesTo('enabled', 'Normal', 'Unhealthy');
    expect(await answering('enabled')).toEqual(['enabled-0']);
    await expectQuiet(shop);
  });
});

describe('annotation healthcheck-path', () => {
  it('is what is asked for', async () => {
    await serve('path', checks, { mood: illFor('/ready') });
    await comesTo('path', 'Normal', 'Normal');
    await shop.apply(annotated('path', { ...checks, 'healthcheck-path': '/ready' }, [aPath('/', 'path')]));
    await comesTo('path', 'Normal', 'Unhealthy');
    expect(await answering('path')).toEqual(['path-0']);
    await expectQuiet(shop);
  });
});

describe('annotation healthcheck-protocol', () => {
  it('TCP is content with a connection, HTTP wants a good answer', async () => {
    await serve('protocol', { ...checks, 'healthcheck-protocol': 'TCP' }, { mood: (request) => (isProbe(request) ? 500 : 'echo') });
    await comesTo('protocol', 'Normal', 'Normal');
    await shop.apply(annotated('protocol', { ...checks, 'healthcheck-protocol': 'HTTP' }, [aPath('/', 'protocol')]));
    await comesTo('protocol', 'Normal', 'Unhealthy');
    expect(await answering('protocol')).toEqual(['protocol-0']);
    await expectQuiet(shop);
  });

  it('GRPC makes a call, of which healthcheck-code says with which statuses it is good', async () => {
    const well = { 'backend-protocol': 'grpc', ...checks, 'healthcheck-protocol': 'GRPC', 'healthcheck-path': '/shop.Health/Check' };
    const calls = (annotations: Readonly<Record<string, string>>) => withTls(annotated('calls', annotations, [aPath('/', 'calls')]));
    await shop.startPods('calls', 1, { speaks: 'grpc' });
    const picked: Mood = (request) => (request.url === '/shop.Health/Check' ? 12 : 'echo');
    const slice = await shop.startPods('calls', 1, { speaks: 'grpc', mood: picked });
    await shop.apply(aService('calls'), slice, calls(well));
    shop.bench.membersChanged('shop', 'calls');
    await shop.settle();
    await comesTo('calls', 'Normal', 'Unhealthy');
    const podsAsked = async (): Promise<readonly string[]> => {
      const question = { host: hostOf('calls'), path: '/shop.Orders/List', messages: ['one'] } as const;
      const replies = await Promise.all(Array.from({ length: 4 }, () => callGrpc(shop.urlOf(443), question)));
      return [...new Set(replies.flatMap((one) => one.messages.map((text) => String(JSON.parse(text).pod))))].sort();
    };
    expect(await podsAsked()).toEqual(['calls-0']);
    await shop.apply(calls({ ...well, 'healthcheck-code': '0,10-12' }));
    await comesTo('calls', 'Normal', 'Normal');
    expect(await podsAsked()).toEqual(['calls-0', 'calls-1']);
    await expectQuiet(shop);
  });
});

describe('annotation healthcheck-method', () => {
  it('is how it is asked for', async () => {
    await serve('method', checks, { mood: (request) => (request.method === 'HEAD' ? 405 : 'echo') });
    await comesTo('method', 'Normal', 'Unhealthy');
    await shop.apply(annotated('method', { ...checks, 'healthcheck-method': 'GET' }, [aPath('/', 'method')]));
    await comesTo('method', 'Normal', 'Normal');
    expect(await answering('method')).toEqual(['method-0', 'method-1']);
    await expectQuiet(shop);
  });
});

describe('annotation healthcheck-httpversion', () => {
  it('HTTP1.0 and HTTP1.1 are what the pod is asked by', async () => {
    const old: Mood = (request) => (isProbe(request) && request.httpVersion === '1.1' ? 505 : 'echo');
    await serve('version', { ...checks, 'healthcheck-httpversion': 'HTTP1.1' }, { mood: old });
    await comesTo('version', 'Normal', 'Unhealthy');
    expect(await answering('version')).toEqual(['version-0']);
    await shop.apply(annotated('version', { ...checks, 'healthcheck-httpversion': 'HTTP1.0' }, [aPath('/', 'version')]));
    await comesTo('version', 'Normal', 'Normal');
    expect(await answering('version')).toEqual(['version-0', 'version-1']);
    await expectQuiet(shop);
  });
});

describe('annotation healthcheck-connect-port', () => {
  it('is the port that is asked, wherever requests go; 0 is where they go', async () => {
    const port = (number: string) => annotated('port', { ...checks, 'healthcheck-connect-port': number }, [aPath('/', 'port')]);
    await serve('port', { ...checks, 'healthcheck-connect-port': '9000' }, { ports: { 9000: () => 500 } });
    await comesTo('port', 'Normal', 'Unhealthy');
    expect(await answering('port')).toEqual(['port-0']);
    await shop.apply(port('0'));
    await comesTo('port', 'Normal', 'Normal');
    expect(await answering('port')).toEqual(['port-0', 'port-1']);
    await expectQuiet(shop);
  });
});

const picky: Mood = (request) => (isProbe(request) ? 404 : 'echo');

/** With the codes of `key` a pod that answers 404 to probes is well. */
async function expectCodes(key: string): Promise<void> {
  const name = `by-${key}`;
  await serve(name, checks, { mood: picky });
  await comesTo(name, 'Normal', 'Unhealthy');
  await shop.apply(annotated(name, { ...checks, [key]: 'http_2xx,http_4xx' }, [aPath('/', name)]));
  await comesTo(name, 'Normal', 'Normal');
  expect(await answering(name)).toEqual([`${name}-0`, `${name}-1`]);
  await expectQuiet(shop);
}

describe('annotation healthcheck-httpcode', () => {
  it('says which answers are good', () => expectCodes('healthcheck-httpcode'));
});

describe('annotation healthcheck-code', () => {
  it('says which answers are good', () => expectCodes('healthcheck-code'));

  it('comes before healthcheck-httpcode where both are written', async () => {
    const both = { ...checks, 'healthcheck-httpcode': 'http_2xx', 'healthcheck-code': 'http_2xx,http_4xx' };
    await serve('codes-both', both, { mood: picky });
    await comesTo('codes-both', 'Normal', 'Normal');
    await expectQuiet(shop);
  });
});

describe('annotation healthcheck-timeout-seconds', () => {
  it('is how long an answer may take', async () => {
    const mute: Mood = (request) => (isProbe(request) ? 'silence' : 'echo');
    await serve('timeout', { ...checks, 'unhealthy-threshold-count': '2' }, { mood: mute });
    await comesTo('timeout', 'Normal', 'Initial');
    await shop.apply(
      annotated('timeout', { ...checks, 'unhealthy-threshold-count': '2', 'healthcheck-timeout-seconds': '20' }, [aPath('/', 'timeout')]),
    );
    await comesTo('timeout', 'Normal', 'Unhealthy');
    expect(await answering('timeout')).toEqual(['timeout-0']);
    await expectQuiet(shop);
  });
});

describe('annotation healthcheck-interval-seconds', () => {
  it('is how long it is until the next probe', async () => {
    await serve('often', checks, { mood: () => 'echo' });
    await serve('seldom', { ...checks, 'healthcheck-interval-seconds': '50' }, { mood: () => 'echo' });
    const before = { often: shop.served('often-1'), seldom: shop.served('seldom-1') };
    await until(
      () => {
        shop.pass(500);
        return shop.served('often-1') - before.often >= 60;
      },
      'sixty probes',
      15_000,
    );
    expect((shop.served('seldom-1') - before.seldom) * 5).toBeLessThan(shop.served('often-1') - before.often);
    await expectQuiet(shop);
  });
});

/** Probes of the second pod until it is as wanted. */
async function probesUntil(name: string, annotations: Readonly<Record<string, string>>, mood: Mood, wanted: string): Promise<number> {
  await serve(name, { ...checks, ...annotations }, { mood });
  await comesTo(name, 'Normal', wanted);
  return shop.served(`${name}-1`);
}

describe('annotation healthy-threshold-count', () => {
  it('is how many probes must go well before a new pod gets requests', async () => {
    const few = await probesUntil('well-few', { 'healthy-threshold-count': '2' }, () => 'echo', 'Normal');
    const many = await probesUntil('well-many', { 'healthy-threshold-count': '10' }, () => 'echo', 'Normal');
    expect(few).toBeGreaterThanOrEqual(2);
    expect(few).toBeLessThan(10);
    expect(many).toBeGreaterThanOrEqual(10);
    await expectQuiet(shop);
  });
});

describe('annotation unhealthy-threshold-count', () => {
  it('is how many probes must fail before a pod gets no more requests', async () => {
    const few = await probesUntil('ill-few', { 'unhealthy-threshold-count': '2' }, () => 500, 'Unhealthy');
    const many = await probesUntil('ill-many', { 'unhealthy-threshold-count': '10' }, () => 500, 'Unhealthy');
    expect(few).toBeGreaterThanOrEqual(2);
    expect(few).toBeLessThan(10);
    expect(many).toBeGreaterThanOrEqual(10);
    await expectQuiet(shop);
  });
});
