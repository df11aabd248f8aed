/** Mistakes as people make them with `kubectl annotate`: each is told once, where it stands, with what to write instead. */
import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import { explainProblem } from '#shared/problem.ts';
import { anIngress, aPath, aService, aSite, aWish, type IngressDraft, toService } from '#test/support/objects.ts';

const saidOf = (draft: IngressDraft): readonly string[] =>
  buildStack(aWish({ ingresses: [anIngress(draft)], services: [aService('coffee'), aService('tea')] }), aSite).problems.map(explainProblem);
const key = (name: string): string => `alb.ingress.kubernetes.io/${name}`;
const placeholder = { ...aPath('/'), backend: toService('x', 'use-annotation') };

describe('a mistake', () => {
  it('in rule-direction is told alone: whether actions are missing cannot be known', () => {
    const annotations = { 'rule-direction.x': 'response', 'actions.x': '[{"type":"RemoveHeader","RemoveHeaderConfig":{"key":"a"}}]' };
    const said = saidOf({ paths: [placeholder], annotations });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('allowed: Request, Response; write it exactly so: Response');
  });

  it('in the Service that an action names is told at the annotation', () => {
    const group = '[{"type":"ForwardGroup","ForwardConfig":{"ServerGroups":[{"ServiceName":"water","ServicePort":80}]}}]';
    expect(saidOf({ paths: [placeholder], annotations: { 'actions.x': group } })).toEqual([
      `[SERVICE-NOT-FOUND] Service shop/water does not exist (at metadata.annotations[${key('actions.x')}]); create the Service or correct the backend`,
    ]);
  });

  it('of people who write groups as nginx does is told, and only theirs', () => {
    const rewritten = (target: string) => saidOf({ paths: [aPath('/a/(.*)')], annotations: { 'rewrite-target': target } });
    expect(rewritten('/$1')).toEqual([
      `[REWRITE-PLAIN] annotation ${key('rewrite-target')} rewrites to /$1 as it stands: groups of an expression are written like \${1} ` +
        `(at metadata.annotations[${key('rewrite-target')}]); put braces around the number if a group is meant`,
    ]);
    expect(rewritten('/$' + '{1}')).toEqual([]);
    expect(rewritten('/$a')).toEqual([]);
  });

  it('in a redirect to HTTPS that stays on the port of HTTP is told, and only that', () => {
    const redirected = (config: object) =>
      saidOf({ paths: [placeholder], annotations: { 'actions.x': JSON.stringify([{ type: 'Redirect', RedirectConfig: config }]) } });
    expect(redirected({ protocol: 'HTTPS' })).toEqual([
      '[REDIRECT-PORT] a Redirect to HTTPS names no port, so it leads to port 80 of the request, where HTTP is spoken ' +
        '(at spec.rules[0].http.paths[0]); add "port": "443", or the port that is meant',
    ]);
    expect(redirected({ protocol: 'HTTPS', port: '443' })).toEqual([]);
    expect(redirected({ host: 'b.example.com' })).toEqual([]);
    expect(saidOf({ annotations: { 'ssl-redirect': 'true' } }).join()).not.toContain('REDIRECT-PORT');
  });

  it('of people who forget to switch CORS on is told once; who switched it off knows', () => {
    const siblings = { 'cors-allow-origin': 'https://a.example.org', 'cors-max-age': '5' };
    expect(saidOf({ annotations: siblings })).toEqual([
      `[ANNOTATION-ALONE] annotation ${key('cors-allow-origin')} has no effect without ${key('enable-cors')}: true ` +
        `(at metadata.annotations[${key('cors-allow-origin')}]); add the other one, or remove it`,
    ]);
    expect(saidOf({ annotations: { ...siblings, 'enable-cors': 'false' } })).toEqual([]);
    expect(saidOf({ annotations: { ...siblings, 'enable-cors': 'true' } })).toEqual([]);
  });

  it.each([
    ['ssl-redirect', { 'ssl-redirect': 'true' }],
    ['backend-protocol', { 'backend-protocol': 'grpc' }],
    ['canary', { canary: 'true' }],
  ])('that concerns all of an Ingress names the annotation %s', (name, annotations) => {
    expect(saidOf({ annotations })[0]).toContain(`(at metadata.annotations[${key(name)}])`);
  });
});
