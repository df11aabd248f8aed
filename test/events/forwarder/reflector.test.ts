import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Change, Reflector } from '#events/forwarder/reflector.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { createTransport, type Transport } from '#shared/kube/transport.ts';
import { createManualTimers, type ManualTimers } from '#test/support/manual-timers.ts';
import {
  cutList,
  html,
  page,
  refusal,
  reset,
  type ScriptedApi,
  type ScriptedWatch,
  scriptedWatch,
  startScriptedApi,
} from '#test/support/scripted-api.ts';
import { until } from '#test/support/until.ts';

const item = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name, resourceVersion },
});
const bookmark = (resourceVersion: string): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: '', resourceVersion } });

describe('reflector', () => {
  let api: ScriptedApi;
  let transport: Transport;
  let timers: ManualTimers;
  let ending: AbortController;
  let running: Promise<void>;
  let reflector: Reflector<string>;
  let heard: string[];
  let ends: string[];

  const say = ({ before, after, initial }: Change<string>): string => {
    if (before === undefined) return `${initial ? 'found' : 'added'} ${after}`;
    return after === undefined ? `deleted ${before}` : `changed ${after}`;
  };

  beforeEach(async () => {
    api = await startScriptedApi();
    transport = createTransport({ kubeconfig: api.kubeconfig });
    timers = createManualTimers();
    ending = new AbortController();
    heard = [];
    ends = [];
    reflector = new Reflector<string>(
      {
        kind: 'Service',
        metadataOnly: false,
        project: (object) => object.metadata.name,
        changed: (change) => heard.push(say(change)),
        synced: () => heard.push('synced'),
        ended: (how) => ends.push(how),
      },
      { transport, timers, random: () => 1, signal: ending.signal },
    );
  });
  afterEach(async () => {
    ending.abort();
    transport.close();
    await running;
    await api.stop();
  });

  const start = (...replies: Parameters<ScriptedApi['script']>[1][]): void => {
    api.script('Service', ...replies);
    running = reflector.run();
  };
  const opened = (watch: ScriptedWatch) => until(() => watch.opened, 'the watch');
  const lastAsked = () => new URLSearchParams(api.asked('Service').at(-1)?.split('?')[1]);
  /** Lets the reflector's own wait pass once it waits for exactly this long (ms). */
  const wait = async (ms: number) => {
    await until(() => timers.waiting.includes(ms), `a wait of ${ms} ms (waiting: ${timers.waiting.join(', ')})`);
    timers.advance(ms);
  };

  it('lists every page, then watches from the version of the list with bookmarks', async () => {
    const watch = scriptedWatch();
    start(page([item('tea', '5')], '9', 'next'), page([item('coffee', '6')], '9'), watch.reply);
    await opened(watch);
    expect(heard).toEqual(['found tea', 'found coffee', 'synced']);
    expect(api.asked('Service')[0]).toContain('limit=500');
    expect(api.asked('Service')[1]).toContain('continue=next');
    expect(Object.fromEntries(lastAsked())).toMatchObject({ watch: 'true', allowWatchBookmarks: 'true', resourceVersion: '9' });
  });

  it('hears what is added, modified and deleted, in whatever pieces it comes', async () => {
    const watch = scriptedWatch();
    start(page([item('tea', '5')], '9'), watch.reply);
    await opened(watch);
    watch.send('ADDED', item('coffee', '10'));
    watch.send('MODIFIED', item('tea', '11'));
    const line = `${JSON.stringify({ type: 'DELETED', object: item('tea', '12') })}\n`;
    watch.raw(line.slice(0, 30));
    await until(() => heard.length === 4);
    watch.raw(line.slice(30));
    await until(() => heard.length === 5);
    expect(heard.slice(2)).toEqual(['added coffee', 'changed tea', 'deleted tea']);
    expect(reflector.size).toBe(1);
  });

  it('goes on from the last bookmark when the server ends the watch, at once and without listing', async () => {
    const [first, second] = [scriptedWatch(), scriptedWatch()];
    start(page([], '9'), first.reply, second.reply);
    await opened(first);
    first.send('BOOKMARK', bookmark('40'));
    first.end();
    await opened(second);
    expect(lastAsked().get('resourceVersion')).toBe('40');
    expect(timers.nowMs).toBe(0);
    expect(ends).toEqual(['ended']);
  });

  it('does not hammer a server that ends every watch at once', async () => {
    const watches = Array.from({ length: 4 }, scriptedWatch);
    start(page([], '9'), ...watches.map((watch) => watch.reply));
    for (const [round, watch] of watches.entries()) {
      await opened(watch);
      watch.end();
      await wait(500 * 2 ** round);
    }
  });

  it.each([
    ['in the stream', (watch: ScriptedWatch) => watch.send('ERROR', { kind: 'Status', code: 410, reason: 'Expired' })],
    ['as the answer', undefined],
  ])('lists again after 410 %s and finds what it missed', async (_, expire) => {
    const [first, second] = [scriptedWatch(), scriptedWatch()];
    const expired = expire === undefined ? refusal(410, 'Expired') : first.reply;
    start(page([item('tea', '5'), item('milk', '6')], '9'), expired, page([item('tea', '7'), item('coffee', '8')], '90'), second.reply);
    if (expire !== undefined) {
      await opened(first);
      expire(first);
    }
    await wait(1500);
    await opened(second);
    expect(heard).toEqual(['found tea', 'found milk', 'synced', 'changed tea', 'added coffee', 'deleted milk']);
    expect(lastAsked().get('resourceVersion')).toBe('90');
    expect(ends).toEqual(['expired', 'relist']);
  });

  it('takes a dead connection for dead when nothing was heard for 75 s, and goes on from where it was', async () => {
    const [first, second] = [scriptedWatch(), scriptedWatch()];
    start(page([item('tea', '5')], '9'), first.reply, second.reply);
    await opened(first);
    await until(() => timers.waiting.includes(75_000));
    timers.advance(60_000);
    first.send('BOOKMARK', bookmark('30'));
    await until(() => timers.waiting.includes(75_000), 'the limit begun anew');
    timers.advance(74_999);
    expect(first.closed).toBe(false);
    timers.advance(1);
    await wait(500);
    await opened(second);
    expect(first.closed).toBe(true);
    expect(lastAsked().get('resourceVersion')).toBe('30');
    expect(ends).toEqual(['silent']);
    expect(heard).toEqual(['found tea', 'synced']);
  });

  it.each([
    ['503', refusal(503, 'ServiceUnavailable')],
    ['429', refusal(429, 'TooManyRequests')],
    ['a reset', reset],
    ['a list that is cut short', cutList],
    ["a proxy's page", html],
  ])('never takes anything for deleted when a relist meets %s', async (_, fault) => {
    const [first, second] = [scriptedWatch(), scriptedWatch()];
    start(page([item('tea', '5'), item('milk', '6')], '9'), first.reply, fault, page([item('milk', '6')], '90'), second.reply);
    await opened(first);
    first.send('ERROR', { kind: 'Status', code: 410 });
    await wait(1500);
    await until(() => ends.includes('failed'));
    expect(reflector.size).toBe(2);
    expect(heard).toHaveLength(3);
    await wait(500);
    await opened(second);
    expect(heard.slice(3)).toEqual(['deleted tea']);
  });

  it('never takes anything for deleted when the second page of a relist fails', async () => {
    const [first, second] = [scriptedWatch(), scriptedWatch()];
    const all = [item('tea', '5'), item('milk', '6')];
    start(page(all, '9'), first.reply, page([item('tea', '5')], '90', 'more'), reset, page(all, '91'), second.reply);
    await opened(first);
    first.send('ERROR', { kind: 'Status', code: 410 });
    await wait(1500);
    await wait(500);
    await opened(second);
    expect(heard).toEqual(['found tea', 'found milk', 'synced']);
  });

  it('begins a list anew once when the server forgets it between two pages', async () => {
    const watch = scriptedWatch();
    start(page([item('tea', '5')], '9', 'more'), refusal(410, 'Expired'), page([item('tea', '5'), item('milk', '6')], '12'), watch.reply);
    await opened(watch);
    expect(heard).toEqual(['found tea', 'found milk', 'synced']);
    expect(lastAsked().get('resourceVersion')).toBe('12');
  });

  it('survives resets and faults of a watch and goes on from the last version', async () => {
    const [first, second, third] = [scriptedWatch(), scriptedWatch(), scriptedWatch()];
    start(page([], '9'), first.reply, refusal(503, 'ServiceUnavailable'), second.reply, third.reply);
    await opened(first);
    first.send('ADDED', item('tea', '10'));
    await until(() => heard.includes('added tea'));
    first.reset();
    await wait(500);
    await wait(1000);
    await opened(second);
    expect(lastAsked().get('resourceVersion')).toBe('10');
    second.send('ERROR', { kind: 'Status', code: 500, reason: 'InternalError' });
    await wait(2000);
    await opened(third);
    expect(ends).toEqual(['failed', 'failed', 'failed']);
    expect(reflector.size).toBe(1);
  });

  it('does not act on a line that was cut off', async () => {
    const [first, second] = [scriptedWatch(), scriptedWatch()];
    start(page([item('tea', '5')], '9'), first.reply, second.reply);
    await opened(first);
    first.raw(JSON.stringify({ type: 'DELETED', object: item('tea', '10') }));
    first.end();
    await wait(500);
    await opened(second);
    expect(lastAsked().get('resourceVersion')).toBe('9');
    expect(reflector.size).toBe(1);
  });

  it('lists again when the server keeps refusing what it goes on from', async () => {
    const watch = scriptedWatch();
    start(page([], '9'), refusal(400, 'BadRequest'), page([], '12'), watch.reply);
    await wait(500);
    await opened(watch);
    expect(lastAsked().get('resourceVersion')).toBe('12');
  });

  it('waits longer and longer for a server that is away, up to 30 s', async () => {
    start(...Array.from({ length: 8 }, () => refusal(503, 'ServiceUnavailable')));
    for (const ms of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) await wait(ms);
    expect(reflector.isSynced).toBe(false);
  });

  it('ends at once when it is told to, in a watch or in a wait', async () => {
    const watch = scriptedWatch();
    start(page([], '9'), watch.reply);
    await opened(watch);
    ending.abort();
    await running;
    await until(() => watch.closed, 'the end of the connection');
    expect(ends).toEqual([]);
  });
});
