/** Settings of server groups, as clients and pods notice them, and changes of them while requests go on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MembersWorld, membersWorld } from '#test/support/members-world.ts';
import { aPath, aService } from '#test/support/objects.ts';
import { expectQuiet } from '#test/support/routed.ts';
import type { Reply } from '#test/support/routed-ask.ts';
import { annotated, hostOf } from '#test/support/routed-objects.ts';
import type { WorldPod, WorldPodDraft } from '#test/support/world-pods.ts';

type Annotations = Readonly<Record<string, string>>;

let world: MembersWorld;
beforeAll(async () => {
  world = await membersWorld({ settings: { dataPlane: { removedConnections: 'cut', stickyCookie: 'once', emptyZone: 'refuse' } } });
});
afterAll(() => world?.stop());

const ingress = (name: string, annotations: Annotations = {}) => annotated(name, annotations, [aPath('/', name)]);

/** Service and Ingress `name` with so many pods. */
async function serve(name: string, annotations: Annotations, drafts: readonly WorldPodDraft[]): Promise<readonly WorldPod[]> {
  const pods: WorldPod[] = [];
  for (const draft of drafts) pods.push(await world.addPod(name, draft));
  await world.apply(aService(name), ingress(name, annotations));
  return pods;
}

/** Other annotations, while requests go on: none of them is lost, and nothing is left to do afterwards. */
async function change(name: string, annotations: Annotations): Promise<void> {
  expect(await world.during(name, () => world.write(ingress(name, annotations)))).toEqual([]);
  expect(await groupsOf(name)).toHaveLength(1);
  await expectQuiet(world);
}

/** Why an Ingress with these annotations is held: nobody answers for it, and it alone is told. */
async function refused(name: string, annotations: Annotations): Promise<readonly string[]> {
  await world.apply(aService(name), ingress(name, annotations));
  expect(await world.goesTo({ host: hostOf(name) })).toBe(503);
  return world.warnings(`Ingress/${name}`).map((one) => one.reason);
}

type Group = Readonly<Record<string, unknown>>;
const groupsOf = async (name: string): Promise<readonly Group[]> =>
  ((await world.bench.alb.state())['serverGroups'] ?? []).filter((one) => String(one['ServerGroupName']).includes(`-${name}-`));

/** How many of `count` requests each pod got. */
async function podsOf(
  name: string,
  count: number,
  question: Parameters<MembersWorld['ask']>[0] = {},
): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (let times = 0; times < count; times++) {
    const { pod } = await world.ask({ host: hostOf(name), ...question });
    found[pod] = (found[pod] ?? 0) + 1;
  }
  return found;
}

const three: readonly WorldPodDraft[] = [{}, {}, {}];
const pair: readonly WorldPodDraft[] = [{}, {}];

describe('annotation backend-scheduler', () => {
  it('wrr takes turns, wlc avoids the busy one, sch keeps a client where it is', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = {
      mood: async ({ url }: { readonly url?: string | undefined }) => (url === '/slow' ? held.then(() => 'echo' as const) : 'echo'),
    };
    await serve('scheduled', {}, [slow, slow, slow]);
    expect(Object.values(await podsOf('scheduled', 6))).toEqual([2, 2, 2]);
    await change('scheduled', { 'backend-scheduler': 'wlc' });
    const busy = world.ask({ host: hostOf('scheduled'), path: '/slow' });
    const others = await podsOf('scheduled', 6);
    release();
    expect(Object.keys(others)).not.toContain((await busy).pod);
    await change('scheduled', { 'backend-scheduler': 'sch' });
    expect(Object.values(await podsOf('scheduled', 6))).toEqual([6]);
    const clients = await Promise.all(
      Array.from({ length: 12 }, (_, at) => world.ask({ host: hostOf('scheduled'), headers: { 'X-Forwarded-For': `198.51.100.${at}` } })),
    );
    expect(new Set(clients.map((one) => one.pod)).size).toBeGreaterThan(1);
  });

  it('of another name holds the Ingress', async () => {
    expect(await refused('no-scheduler', { 'backend-scheduler': 'WRR' })).toEqual(['ANNOTATION-INVALID']);
    await expectQuiet(world);
  });
});

describe('annotation backend-scheduler-uch-value', () => {
  it('is the query parameter whose values stay together', async () => {
    await serve('hashed', {}, three);
    await change('hashed', { 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'user' });
    expect(Object.values(await podsOf('hashed', 5, { path: '/?user=ann' }))).toEqual([5]);
    const users = await Promise.all(Array.from({ length: 12 }, (_, at) => world.ask({ host: hostOf('hashed'), path: `/?user=${at}` })));
    expect(new Set(users.map((one) => one.pod)).size).toBeGreaterThan(1);
  });

  it('is missed where uch is asked for without it, by that Ingress alone', async () => {
    expect(await refused('unhashed', { 'backend-scheduler': 'uch' })).toEqual(['ANNOTATION-NEEDS']);
    expect(await world.goesTo({ host: hostOf('hashed') })).toBe('hashed');
    await expectQuiet(world);
  });
});

describe('annotation backend-keepalive', () => {
  it('false: every request comes over a connection of its own; true: connections are kept', async () => {
    const said: string[] = [];
    await serve('kept', { 'backend-keepalive': 'false' }, [
      {
        mood: ({ headers }) => {
          said.push(headers.connection ?? '');
          return 'echo';
        },
      },
    ]);
    const lately = async (): Promise<ReadonlySet<string>> => {
      said.splice(0);
      await podsOf('kept', 3);
      return new Set(said);
    };
    expect(await lately()).toEqual(new Set(['close']));
    await change('kept', { 'backend-keepalive': 'true' });
    expect(await lately()).toEqual(new Set(['keep-alive']));
  });

  it('absent: a new group keeps them, and a group that exists is left as it is', async () => {
    await serve('unsaid', {}, [{}]);
    expect((await groupsOf('unsaid')).map((one) => one['UpstreamKeepaliveEnabled'])).toEqual([true]);
    await expectQuiet(world);
  });
});

describe('annotation slow-start-enabled', () => {
  it('lets a new pod begin with little and end with its share', async () => {
    await serve('slow', { 'slow-start-enabled': 'true' }, [{}]);
    await world.goesTo({ host: hostOf('slow') });
    world.pass(60_000);
    const fresh = await world.addPod('slow');
    await world.bench.run(3000);
    const first = await podsOf('slow', 20);
    expect(first[fresh.name] ?? 0).toBeLessThan(6);
    world.pass(60_000);
    expect((await podsOf('slow', 20))[fresh.name]).toBe(10);
    await expectQuiet(world);
    await change('slow', {});
  });

  it('goes with wrr alone, and says so', async () => {
    expect(await refused('slow-wlc', { 'slow-start-enabled': 'true', 'backend-scheduler': 'wlc' })).toEqual(['ANNOTATION-CONFLICT']);
    await expectQuiet(world);
  });
});

describe('annotation slow-start-duration', () => {
  it('is how long it takes', async () => {
    await serve('slower', { 'slow-start-enabled': 'true', 'slow-start-duration': '900' }, [{}]);
    await world.goesTo({ host: hostOf('slower') });
    world.pass(1_000_000);
    const fresh = await world.addPod('slower');
    await world.settle();
    world.pass(60_000);
    expect((await podsOf('slower', 20))[fresh.name] ?? 0).toBeLessThan(6);
    world.pass(900_000);
    expect((await podsOf('slower', 20))[fresh.name]).toBe(10);
    await expectQuiet(world);
  });
});

/** A request that is under way at one pod while that pod leaves its Service. */
async function leaveDuring(
  name: string,
  annotations: Annotations,
): Promise<{ readonly reply: Promise<Reply | string>; readonly release: () => void }> {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let arrived = (): void => undefined;
  const there = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const [leaving] = await serve(name, annotations, [
    {
      mood: async ({ url }) => {
        if (url !== '/slow') return 'echo';
        arrived();
        return held.then(() => 'echo' as const);
      },
    },
  ]);
  const reply = world.ask({ host: hostOf(name), path: '/slow' }).catch((error: Error) => error.message);
  await there;
  const elsewhere = await world.during(name, async () => {
    await world.addPod(name);
    if (leaving !== undefined) await world.mark(leaving, { ready: false, terminating: true });
  });
  expect(elsewhere).toEqual([]);
  expect(await world.registered(name)).toHaveLength(1);
  return { reply, release };
}
const outcome = async (reply: Promise<Reply | string>): Promise<string | number> => {
  const found = await reply;
  return typeof found === 'string' ? found : found.status;
};

describe('annotation connection-drain-enabled', () => {
  it('true: a request that a pod has is answered though the pod was removed; false: it is cut', async () => {
    const drained = await leaveDuring('drained', { 'connection-drain-enabled': 'true' });
    drained.release();
    expect(await outcome(drained.reply)).toBe(200);
    const cut = await leaveDuring('cut', {});
    expect(await outcome(cut.reply)).not.toBe(200);
    cut.release();
    await expectQuiet(world);
  });
});

describe('annotation connection-drain-timeout', () => {
  it('is how long it has', async () => {
    const drained = await leaveDuring('timed', { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '20' });
    world.pass(30_000);
    expect(await outcome(drained.reply)).not.toBe(200);
    drained.release();
    await expectQuiet(world);
  });
});

describe('annotation cross-zone-enabled', () => {
  it('false: a request stays in the zone where it came in; true: it goes anywhere', async () => {
    const zones = [{ zone: 'a' }, { zone: 'b' }] as const;
    const [near] = await serve('zoned', {}, zones);
    await world.bench.alb.put('settings', { dataPlane: { arrivalZone: 'cn-local-a' } });
    expect(Object.values(await podsOf('zoned', 4))).toEqual([2, 2]);
    await change('zoned', { 'cross-zone-enabled': 'false' });
    expect(await podsOf('zoned', 4)).toEqual({ [String(near?.name)]: 4 });
    await change('zoned', {});
    expect(Object.values(await podsOf('zoned', 4))).toEqual([2, 2]);
    await world.bench.alb.put('settings', { dataPlane: { arrivalZone: '' } });
  });

  it('false does not go with stickiness, and says so', async () => {
    expect(await refused('zoned-sticky', { 'cross-zone-enabled': 'false', 'sticky-session': 'true' })).toEqual(['ANNOTATION-CONFLICT']);
    await expectQuiet(world);
  });
});

describe('annotation server-group-type', () => {
  it('Ip registers pods by their addresses alone; the change of type is another group', async () => {
    const pods = await serve('typed', {}, pair);
    const before = (await groupsOf('typed')).map((one) => one['ServerGroupId']);
    await change('typed', { 'server-group-type': 'Ip' });
    expect(await world.registered('typed')).toEqual(pods.map((one) => `Ip ${one.addresses[0]?.ip}:8080`).sort());
    expect((await groupsOf('typed')).map((one) => one['ServerGroupId'])).not.toEqual(before);
    await change('typed', {});
    expect(await world.registered('typed')).toEqual(pods.map((one) => `Eni ${one.addresses[0]?.ip}:8080`).sort());
  });
});

describe('annotation server-group-resource-group-id', () => {
  it('is where the group is made; another one is another group', async () => {
    await serve('resourced', {}, pair);
    const id = async () => (await groupsOf('resourced')).map((one) => one['ResourceGroupId']);
    for (const wanted of ['rg-aek1', 'rg-aek2']) {
      await change('resourced', { 'server-group-resource-group-id': wanted });
      expect(await id()).toEqual([wanted]);
    }
    expect(await world.goesTo({ host: hostOf('resourced') })).toBe('resourced');
  });
});

/** The cookies of an answer as the next request sends them. */
const cookiesOf = ({ headers }: Reply): string => (headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');

describe('annotation sticky-session', () => {
  it('keeps a client that brings its cookie on one pod, and finds it another one when that pod goes', async () => {
    const pods = await serve('sticky', {}, three);
    expect((await world.ask({ host: hostOf('sticky') })).headers['set-cookie']).toBeUndefined();
    await change('sticky', { 'sticky-session': 'true' });
    const first = await world.ask({ host: hostOf('sticky') });
    expect(cookiesOf(first)).toContain('SERVERID');
    const again = { headers: { Cookie: cookiesOf(first) } };
    expect(await podsOf('sticky', 5, again)).toEqual({ [first.pod]: 5 });
    const gone = pods.find((one) => one.name === first.pod);
    expect(await world.during('sticky', async () => gone !== undefined && world.dropPod(gone))).toEqual([]);
    expect(Object.keys(await podsOf('sticky', 5, again))).not.toContain(first.pod);
    await expectQuiet(world);
  });
});

const session = { headers: { 'Set-Cookie': 'shop-session=abc; Path=/' } };

describe('annotation sticky-session-type', () => {
  it('Insert plants a cookie, Server marks that of the application', async () => {
    await serve('sticky-type', { 'sticky-session': 'true', 'sticky-session-type': 'Insert' }, [session, session]);
    expect(cookiesOf(await world.ask({ host: hostOf('sticky-type') }))).toContain('SERVERID');
    await change('sticky-type', { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'shop-session' });
    const first = await world.ask({ host: hostOf('sticky-type') });
    expect(cookiesOf(first)).not.toContain('SERVERID');
    expect(await podsOf('sticky-type', 4, { headers: { Cookie: cookiesOf(first) } })).toEqual({ [first.pod]: 4 });
  });
});

describe('annotation cookie', () => {
  it('names the cookie of the application; another one is not looked at', async () => {
    const seen: (string | undefined)[] = [];
    const drafts = pair.map(() => ({
      ...session,
      mood: ({ headers }: { readonly headers: { readonly cookie?: string | undefined } }) => {
        seen.push(headers.cookie);
        return 'echo' as const;
      },
    }));
    await serve('cookie', { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'shop-session' }, drafts);
    const first = await world.ask({ host: hostOf('cookie') });
    expect(await podsOf('cookie', 4, { headers: { Cookie: cookiesOf(first) } })).toEqual({ [first.pod]: 4 });
    // The application sees its cookie as it set it.
    expect(seen.at(-1)).toBe('shop-session=abc');
    await change('cookie', { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'other' });
    expect(Object.values(await podsOf('cookie', 4, { headers: { Cookie: cookiesOf(first) } }))).toEqual([2, 2]);
  });

  it('is needed by Server, and missed by that Ingress alone', async () => {
    expect(await refused('no-cookie', { 'sticky-session': 'true', 'sticky-session-type': 'Server' })).toEqual(['ANNOTATION-NEEDS']);
    await expectQuiet(world);
  });
});

describe('annotation cookie-timeout', () => {
  it('is how long the planted cookie holds', async () => {
    await serve('cookie-timeout', { 'sticky-session': 'true', 'cookie-timeout': '60' }, pair);
    const first = await world.ask({ host: hostOf('cookie-timeout') });
    expect(first.headers['set-cookie']?.join()).toContain('Max-Age=60');
    const again = () => world.ask({ host: hostOf('cookie-timeout'), headers: { Cookie: cookiesOf(first) } });
    world.pass(50_000);
    expect((await again()).headers['set-cookie']).toBeUndefined();
    world.pass(20_000);
    expect((await again()).headers['set-cookie']?.join()).toContain('SERVERID');
    await change('cookie-timeout', { 'sticky-session': 'true', 'cookie-timeout': '86400' });
    expect((await world.ask({ host: hostOf('cookie-timeout') })).headers['set-cookie']?.join()).toContain('Max-Age=86400');
  });
});
