/** Switching to WebSocket: the request goes by the rules like any other, and so does the answer that agrees. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ManualTimers } from './manual-timers.ts';
import { action, aGroup, aServer, call, doing, forwardTo, MemoryView, serve, start } from './plane.ts';

const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };
const insert = (Key: string, Value: string) => action('InsertHeader', { Key, Value });

describe('a request for WebSocket', () => {
  it('is rewritten, marked and limited, and its answer takes the headers of the rules', async () => {
    const actions = [
      action('TrafficLimit', { QPS: 1 }),
      action('Rewrite', { Path: '/socket' }),
      insert('x-edge', 'alb'),
      forwardTo({ 'sgp-a': 1, 'sgp-b': 0 }, { ServerGroupStickySession: { Enabled: true } }),
    ];
    const rules = [
      doing(actions),
      doing([insert('x-answered', 'yes'), action('RemoveHeader', { Key: 'x-secret' })], { Direction: 'Response' }),
    ];
    const view = new MemoryView({ rules, groups: [aGroup('sgp-a', [aServer('10.64.0.1')]), aGroup('sgp-b', [])] });
    const server = await serve(view, '10.64.0.1');
    const asked: IncomingMessage[] = [];
    server.on('upgrade', (message, socket) => {
      asked.push(message);
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Secret: leaf\r\n\r\n');
    });
    const { url } = await start(view, { timers: new ManualTimers() });
    const outgoing = request(`${url}/chat`, { headers: upgrade }).end();
    // Node gives the answer first.
    const [answer] = (await once(outgoing, 'upgrade')) as [IncomingMessage];
    expect(answer.headers).toMatchObject({ upgrade: 'websocket', 'x-answered': 'yes' });
    expect(answer.headers['set-cookie']).toEqual([expect.stringContaining('ALBGROUP=')]);
    expect(answer.headers).not.toHaveProperty('x-secret');
    expect(asked[0]).toMatchObject({ url: '/socket', headers: { 'x-edge': 'alb', upgrade: 'websocket' } });
    expect((await call(`${url}/chat`, { headers: upgrade })).status).toBe(503);
    expect(asked).toHaveLength(1);
  });
});
