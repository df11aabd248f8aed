import { describe, expect, it } from 'vitest';
import { annotationKeys } from '#shared/model/annotations/index.ts';
import { nearestName } from '#shared/model/annotations/nearest-name.ts';
import { unknownAnnotations } from '#shared/model/annotations/unknown.ts';
import { explainProblem } from '#shared/problem.ts';
import { anIngress } from '#test/support/objects.ts';

const told = (key: string) => unknownAnnotations(anIngress({ annotations: { [key]: 'true' } }));

describe('an annotation that nobody knows', () => {
  it.each([
    ['ssl-redirct', 'did you mean alb.ingress.kubernetes.io/ssl-redirect?'],
    ['canary-wieght', 'did you mean alb.ingress.kubernetes.io/canary-weight?'],
    ['healthcheck-enable', 'did you mean alb.ingress.kubernetes.io/healthcheck-enabled?'],
    ['enable_cors', 'did you mean alb.ingress.kubernetes.io/enable-cors?'],
    ['Order', 'did you mean alb.ingress.kubernetes.io/order?'],
    ['action.coffee', 'did you mean alb.ingress.kubernetes.io/actions.coffee?'],
    ['condition.coffee', 'did you mean alb.ingress.kubernetes.io/conditions.coffee?'],
    ['backend-schedular', 'did you mean alb.ingress.kubernetes.io/backend-scheduler?'],
    ['server-group-id', 'it belongs on a Service'],
    ['something-quite-different', 'nothing that is known is spelt like it'],
    ['a'.repeat(300), 'nothing that is known is spelt like it'],
  ])('%s is a warning with advice', (key, suggestion) => {
    const annotation = `alb.ingress.kubernetes.io/${key}`;
    const [problem, ...others] = told(key);
    expect(problem).toMatchObject({
      code: 'ANNOTATION-UNKNOWN',
      facts: { annotation, suggestion },
      path: `metadata.annotations[${annotation}]`,
    });
    expect(others).toEqual([]);
    expect(problem && explainProblem(problem)).toContain(suggestion);
  });
});

describe('an annotation of nginx', () => {
  const [theirs, ours] = ['nginx.ingress.kubernetes.io/rewrite-target', 'alb.ingress.kubernetes.io/rewrite-target'];

  it('that is not read, but could be had here, is told with the key that is read', () => {
    expect(told(theirs)).toMatchObject([
      {
        code: 'ANNOTATION-UNKNOWN',
        facts: { annotation: theirs, suggestion: `did you mean ${ours}?` },
        path: `metadata.annotations[${theirs}]`,
      },
    ]);
  });

  it('is left to nginx where ours stands beside it', () => {
    expect(unknownAnnotations(anIngress({ annotations: { [theirs]: '/$1', [ours]: '/new' } }))).toEqual([]);
  });

  it.each(['ssl-redirect', 'canary', 'canary-weight'])('%s is read, and not told', (key) => {
    expect(told(`nginx.ingress.kubernetes.io/${key}`)).toEqual([]);
  });
});

describe('an annotation that is known', () => {
  it.each(annotationKeys().filter((key) => !key.includes('/') && key !== 'server-group-id'))('%s is not told as unknown', (key) => {
    expect(told(key.replace('<service>', 'coffee'))).toEqual([]);
  });

  it.each(['backend-label', 'remove-unscheduled-backend', 'hash', 'cookie-timeout', 'slow-start-duration'])(
    '%s is not, although nobody reads it',
    (key) => {
      expect(told(key)).toEqual([]);
    },
  );

  it.each(['nginx.ingress.kubernetes.io/proxy-body-size', 'cert-manager.io/issuer', 'kubectl.kubernetes.io/last-applied-configuration'])(
    '%s is none of ours',
    (key) => {
      expect(told(key)).toEqual([]);
    },
  );
});

describe('the nearest name', () => {
  it.each([
    ['order', 'order'],
    ['ordre', 'order'],
    ['oder', 'order'],
    ['weights', 'weight'],
    ['wieght', 'weight'],
    ['or', undefined],
    ['', undefined],
    ['entirely', undefined],
  ])('to %j is %j', (written, expected) => {
    expect(nearestName(written, ['weight', 'order'])).toBe(expected);
  });

  it('is none of a number', () => {
    expect(nearestName('304', ['301', '302'])).toBeUndefined();
  });

  it('is none among none', () => {
    expect(nearestName('order', [])).toBeUndefined();
  });
});
