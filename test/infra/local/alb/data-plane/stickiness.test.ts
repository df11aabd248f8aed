import { describe, expect, it } from 'vitest';
import type { DataPlaneSettings } from '#infra/local/alb/data-plane/settings.ts';
import type { ViewGroup } from '#infra/local/alb/view.ts';
import { ManualTimers } from './manual-timers.ts';
import { aGroup, aServer, call, MemoryView, serve, start } from './plane.ts';

const addresses = ['10.64.0.1', '10.64.0.2', '10.64.0.3'];
const planted = { StickySessionEnabled: true, StickySessionType: 'Insert', CookieTimeout: 60 };
const marked = { StickySessionEnabled: true, StickySessionType: 'Server', Cookie: 'JSESSIONID' };

const groupOf = (sticky: Record<string, unknown>, list: readonly string[] = addresses, with_: Partial<ViewGroup> = {}) =>
  aGroup(
    'sgp-default',
    list.map((address) => aServer(address)),
    { StickySessionConfig: sticky, ...with_ },
  );

/** A sticky group whose servers answer with what they were sent of cookies; each sets those of `cookies`. */
async function sticky(group: ViewGroup, cookies: readonly string[] = [], settings: Partial<DataPlaneSettings> = {}) {
  const view = new MemoryView({ groups: [group] });
  for (const address of addresses) {
    await serve(view, address, (request, response) => {
      response.setHeader('Set-Cookie', cookies);
      response.end(`${address} ${request.headers.cookie ?? ''}`);
    });
  }
  const timers = new ManualTimers();
  const { url } = await start(view, { timers, settings });
  const ask = async (cookie?: string) => {
    const answer = await call(`${url}/?user=${Math.random()}`, cookie === undefined ? {} : { headers: { cookie } });
    const [server = '', ...received] = answer.body.split(' ');
    return { status: answer.status, server, received: received.join(' '), set: answer.headers['set-cookie'] ?? [] };
  };
  return { view, timers, ask };
}

/** As a browser keeps it. */
const kept = (set: readonly string[], name: string): string => set.find((line) => line.startsWith(`${name}=`))?.split(';')[0] ?? '';

describe('stickiness by a planted cookie', () => {
  it.each(['Wrr', 'Wlc', 'Sch', 'Uch'])('brings a client back to its server, whatever the scheduler says: %s', async (Scheduler) => {
    const { ask } = await sticky(groupOf(planted, addresses, { Scheduler, UchConfig: { Type: 'QueryString', Value: 'user' } }));
    const first = await ask();
    expect(first.set).toEqual([expect.stringMatching(/^SERVERID=[^;]+; Path=\/; Max-Age=60$/)]);
    const cookie = kept(first.set, 'SERVERID');
    expect(cookie).not.toContain('10.64');
    for (let at = 0; at < 6; at++) expect(await ask(`other=1; ${cookie}`)).toMatchObject({ status: 200, server: first.server, set: [] });
  });

  it('leaves those who bring none to the scheduler', async () => {
    const { ask } = await sticky(groupOf(planted));
    expect(new Set([await ask(), await ask(), await ask('SERVERID=forged')].map(({ server }) => server)).size).toBe(3);
  });

  it('ends with the timeout, and begins anew', async () => {
    const { ask, timers } = await sticky(groupOf(planted));
    const cookie = kept((await ask()).set, 'SERVERID');
    timers.advance(60_000);
    expect((await ask(cookie)).set).toEqual([]);
    timers.advance(1_000);
    expect((await ask(cookie)).set).toHaveLength(1);
  });

  it('holds for nobody whose cookie was planted at a time to come', async () => {
    const { ask } = await sticky(groupOf(planted));
    const cookie = kept((await ask()).set, 'SERVERID');
    const later = cookie.replace(/\d+$/, (second) => String(Number(second) + 30));
    expect(later).not.toBe(cookie);
    expect((await ask(later)).set).toHaveLength(1);
  });

  it('can be told to count the timeout from the last answer', async () => {
    const { ask, timers } = await sticky(groupOf(planted), [], { stickyCookie: 'every-answer' });
    const first = await ask();
    let cookie = kept(first.set, 'SERVERID');
    for (let at = 0; at < 5; at++) {
      timers.advance(40_000);
      const next = await ask(cookie);
      expect(next.server).toBe(first.server);
      cookie = kept(next.set, 'SERVERID');
    }
  });

  it.each([
    ['has left', (server: string) => addresses.filter((address) => address !== server).map((address) => aServer(address))],
    ['has no weight any more', (server: string) => addresses.map((address) => aServer(address, { Weight: address === server ? 0 : 100 }))],
  ])('gives the client to another server when its own %s, and keeps it there', async (_, servers) => {
    const { ask, view } = await sticky(groupOf(planted));
    const first = await ask();
    view.set({ groups: [aGroup('sgp-default', servers(first.server), { StickySessionConfig: planted })] });
    const second = await ask(kept(first.set, 'SERVERID'));
    expect(second.status).toBe(200);
    expect(second.server).not.toBe(first.server);
    expect(await ask(kept(second.set, 'SERVERID'))).toMatchObject({ server: second.server, set: [] });
  });

  it('gives the client to another server when its own cannot be connected to', async () => {
    const { ask, view } = await sticky(groupOf(planted));
    const first = await ask();
    view.sockets.delete(first.server);
    const second = await ask(kept(first.set, 'SERVERID'));
    expect(second).toMatchObject({ status: 200, set: [expect.stringMatching(/^SERVERID=/)] });
    expect(second.server).not.toBe(first.server);
  });
});

describe('stickiness by the cookie of the application', () => {
  const cookies = ['JSESSIONID=abc=1; Path=/shop; HttpOnly', 'theme=dark'];

  it('marks that cookie alone, brings its clients back, and never shows the mark to the application', async () => {
    const { ask } = await sticky(groupOf(marked), cookies);
    const first = await ask();
    expect(first.set).toEqual([expect.stringMatching(/^JSESSIONID=[0-9a-f]{16}~abc=1; Path=\/shop; HttpOnly$/), 'theme=dark']);
    const cookie = kept(first.set, 'JSESSIONID');
    for (let at = 0; at < 5; at++) {
      expect(await ask(`a=1; ${cookie};theme=dark`)).toMatchObject({ server: first.server, received: 'a=1; JSESSIONID=abc=1;theme=dark' });
    }
  });

  it('is none where the application sets no such cookie', async () => {
    const { ask } = await sticky(groupOf(marked), ['theme=dark']);
    const answers = [await ask('JSESSIONID=abc'), await ask('JSESSIONID=abc'), await ask('JSESSIONID=abc')];
    expect(new Set(answers.map(({ server }) => server)).size).toBe(3);
    expect(answers.map(({ set, received }) => [set, received])).toEqual(Array(3).fill([['theme=dark'], 'JSESSIONID=abc']));
  });

  it('moves to another server when the one of the mark has left, which gets the bare value', async () => {
    const { ask, view } = await sticky(groupOf(marked), cookies);
    const first = await ask();
    view.set({
      groups: [
        groupOf(
          marked,
          addresses.filter((address) => address !== first.server),
        ),
      ],
    });
    const second = await ask(kept(first.set, 'JSESSIONID'));
    expect(second).toMatchObject({ status: 200, received: 'JSESSIONID=abc=1' });
    expect(kept(second.set, 'JSESSIONID')).not.toBe(kept(first.set, 'JSESSIONID'));
  });
});
