import { describe, expect, it } from 'vitest';
import type { DataPlaneSettings } from '#infra/local/alb/data-plane/settings.ts';
import type { ViewCondition, ViewRule } from '#infra/local/alb/view.ts';
import { action, aGroup, aServer, call, doing, fixed, forwardTo, host, MemoryView, path, serveEcho, start } from './plane.ts';

const about = (type: string, config: object): ViewCondition => ({ Type: type, [`${type}Config`]: config });
const insert = (Key: string, Value: string, ValueType = 'UserDefined') => action('InsertHeader', { Key, Value, ValueType });
const remove = (Key: string) => action('RemoveHeader', { Key });

const onAnswer = (actions: Parameters<typeof doing>[0], conditions: readonly ViewCondition[] = [], Priority = 1): ViewRule =>
  doing(actions, { Direction: 'Response', Priority, RuleConditions: conditions });

/** A server that says `X-Kind: tea`, with rules for responses before a rule that forwards all to it. */
async function behind(rules: readonly ViewRule[], settings: Partial<DataPlaneSettings> = {}, request = doing([forwardTo('sgp-a')])) {
  const view = new MemoryView({ rules: [...rules, request], groups: [aGroup('sgp-a', [aServer('10.64.0.1')])] });
  const seen = await serveEcho(view, '10.64.0.1', { 'X-Kind': 'tea', 'X-Secret': 'leaf' });
  const { url, plane } = await start(view, { settings });
  return { url, view, plane, seen };
}

describe('a rule for responses', () => {
  it('inserts and removes headers of the answer, and leaves the request alone', async () => {
    const { url, seen } = await behind([onAnswer([insert('X-Served-By', 'alb'), remove('x-secret'), insert('X-Kind', 'coffee')])]);
    const { headers } = await call(url, { headers: { 'x-secret': 'mine' } });
    expect(headers).toMatchObject({ 'x-served-by': 'alb', 'x-kind': 'coffee' });
    expect(headers).not.toHaveProperty('x-secret');
    expect(seen[0]?.headers).toMatchObject({ 'x-secret': 'mine' });
    expect(seen[0]?.headers).not.toHaveProperty('x-served-by');
  });

  it('inserts what the load balancer and the request know', async () => {
    const { url } = await behind([onAnswer([insert('x-lb', 'SLBId', 'SystemDefined'), insert('x-you', 'user-agent', 'ReferenceHeader')])]);
    expect((await call(url, { headers: { 'user-agent': 'me' } })).headers).toMatchObject({ 'x-lb': 'alb-1', 'x-you': 'me' });
  });

  it.each<[string, readonly ViewCondition[], boolean]>([
    ['no condition', [], true],
    ['the status', [about('ResponseStatusCode', { Values: ['404', '201'] })], true],
    ['another status', [about('ResponseStatusCode', { Values: ['200'] })], false],
    ['the class of the status', [about('ResponseStatusCode', { Values: ['2xx'] })], true],
    ['another class', [about('ResponseStatusCode', { Values: ['5xx'] })], false],
    ['a header of the answer', [about('ResponseHeader', { Key: 'x-kind', Values: ['t*'] })], true],
    ['another value of it', [about('ResponseHeader', { Key: 'x-kind', Values: ['coffee'] })], false],
    ['a header that only the request has', [about('ResponseHeader', { Key: 'x-answer', Values: ['*'] })], false],
    ['a header of the request', [about('Header', { Key: 'x-answer', Values: ['201'] })], true],
    ['host and path of the request', [host('cafe.example.com'), path('/tea')], true],
    ['another path', [host('cafe.example.com'), path('/coffee')], false],
    ['the method', [about('Method', { Values: ['GET'] })], true],
    ['status and path, of which one does not hold', [about('ResponseStatusCode', { Values: ['201'] }), path('/coffee')], false],
  ])('can ask for %s', async (_, conditions, expected) => {
    const { url } = await behind([onAnswer([insert('x-met', 'yes')], conditions)]);
    const answer = await call(`${url}/tea`, { headers: { host: 'cafe.example.com', 'x-answer': '201' } });
    expect(answer.status).toBe(201);
    expect(answer.headers['x-met']).toBe(expected ? 'yes' : undefined);
  });

  const two = [
    onAnswer([insert('x-second', '2'), insert('x-both', '2')], [], 20),
    onAnswer([insert('x-first', '1'), insert('x-both', '1')], [], 10),
  ];

  it('is the only one when it is the first by priority', async () => {
    const { headers } = await call((await behind(two)).url);
    expect(headers).toMatchObject({ 'x-first': '1', 'x-both': '1' });
    expect(headers).not.toHaveProperty('x-second');
  });

  it('is joined by every other that matches where the settings say so', async () => {
    const { headers } = await call((await behind(two, { responseRules: 'every' })).url);
    expect(headers).toMatchObject({ 'x-first': '1', 'x-second': '2', 'x-both': '2' });
  });

  it('is nothing for requests to go by', async () => {
    const only = new MemoryView({ rules: [onAnswer([insert('x-a', 'b')])] });
    expect((await call((await start(only)).url)).status).toBe(503);
  });

  it('has priorities of its own', async () => {
    const rules = [onAnswer([insert('x-a', 'b')], [], 1), doing([fixed('first')], { Priority: 1, RuleConditions: [path('/fixed')] })];
    const { url } = await behind(rules, {}, doing([forwardTo('sgp-a')], { Priority: 2 }));
    expect((await call(`${url}/fixed`)).body).toBe('first');
    expect((await call(url)).headers['x-a']).toBe('b');
  });

  it('comes and goes with the rules', async () => {
    const { url, view, plane } = await behind([]);
    expect((await call(url)).headers).not.toHaveProperty('x-a');
    view.set({ rules: [onAnswer([insert('x-a', 'b')]), doing([forwardTo('sgp-a')])] });
    await plane.settled();
    expect((await call(url)).headers['x-a']).toBe('b');
    view.set({ rules: [doing([forwardTo('sgp-a')])] });
    await plane.settled();
    expect((await call(url)).headers).not.toHaveProperty('x-a');
  });

  it.each([
    ['a fixed response', fixed('mine', '404'), 404],
    ['a redirect', action('Redirect', { Path: '/x', HttpCode: '302' }), 302],
    ['a group that is not there', forwardTo('sgp-none'), 503],
  ] as const)('concerns %s only where the settings say so', async (_, final, status) => {
    const rule = onAnswer([insert('x-a', 'b')], [about('ResponseStatusCode', { Values: [String(status)] })]);
    const plain = await call((await behind([rule], {}, doing([final]))).url);
    expect(plain.status).toBe(status);
    expect(plain.headers).not.toHaveProperty('x-a');
    const ruled = await call((await behind([rule], { responseRulesOnOwnAnswers: true }, doing([final]))).url);
    expect(ruled.status).toBe(status);
    expect(ruled.headers['x-a']).toBe('b');
  });

  it('has the last word after what CORS adds', async () => {
    const cors = action('Cors', { AllowOrigin: ['*'] });
    const { url } = await behind([onAnswer([remove('Access-Control-Allow-Origin')])], {}, doing([cors, forwardTo('sgp-a')]));
    expect((await call(url, { headers: { origin: 'http://a.test' } })).headers).not.toHaveProperty('access-control-allow-origin');
  });
});
