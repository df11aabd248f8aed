import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCustomRules } from '#shared/model/annotations/custom-rules.ts';
import { explainProblem } from '#shared/problem.ts';
import { anIngress, aPath, toService } from '#test/support/objects.ts';

const redirect = JSON.stringify([{ type: 'Redirect', RedirectConfig: { port: '81' } }]);
const header = JSON.stringify([{ type: 'Header', headerConfig: { key: 'X-Kind', values: ['red'] } }]);
const prefixed = (key: string): string => `alb.ingress.kubernetes.io/${key}`;

describe('annotations of one Service', () => {
  it('make one rule from the three families', () => {
    const removal = JSON.stringify([{ type: 'RemoveHeader', RemoveHeaderConfig: { key: 'Server' } }]);
    const annotations = { 'actions.coffee': removal, 'conditions.coffee': header, 'rule-direction.coffee': 'Response' };
    const { rules, problems } = readCustomRules(anIngress({ annotations }));
    expect(problems).toEqual([]);
    expect([...rules]).toEqual([
      [
        'coffee',
        {
          actions: [{ type: 'RemoveHeader', removeHeaderConfig: { key: 'Server' } }],
          conditions: [{ type: 'Header', headerConfig: { key: 'X-Kind', values: ['red'] } }],
          direction: 'Response',
        },
      ],
    ]);
  });

  it('leave out what is not written', () => {
    expect([...readCustomRules(anIngress()).rules]).toEqual([]);
    expect([...readCustomRules(anIngress({ annotations: { 'rule-direction.coffee': 'Request' } })).rules]).toEqual([
      ['coffee', { direction: 'Request' }],
    ]);
  });

  it('are kept apart by Service, whose names may hold dots', () => {
    const paths = [aPath('/a', 'coffee'), aPath('/b', 'tea.v2')];
    const { rules } = readCustomRules(anIngress({ paths, annotations: { 'conditions.tea.v2': header, 'actions.coffee': redirect } }));
    expect([...rules.keys()]).toEqual(['coffee', 'tea.v2']);
    expect(rules.get('coffee')).not.toHaveProperty('conditions');
  });

  it('are found for the default backend too', () => {
    const spec = { ingressClassName: 'alb', defaultBackend: toService('tea', 'use-annotation') };
    expect([...readCustomRules(anIngress({ spec, annotations: { 'actions.tea': redirect } })).rules.keys()]).toEqual(['tea']);
  });

  it.each(['coffe', 'Coffee', '', 'coffee.'])('warn where the name "%s" is no backend, and hold nothing', (service) => {
    for (const family of ['actions', 'conditions', 'rule-direction']) {
      const annotation = prefixed(`${family}.${service}`);
      const { rules, problems } = readCustomRules(anIngress({ annotations: { [annotation]: 'nonsense' } }));
      expect([...rules]).toEqual([]);
      expect(problems).toMatchObject([
        { code: 'ANNOTATION-SUFFIX', facts: { annotation, service, services: 'coffee' }, path: `metadata.annotations[${annotation}]` },
      ]);
    }
  });

  it.each(['response', 'REQUEST', 'both', ''])('know the directions Request and Response, not "%s"', (value) => {
    const { problems } = readCustomRules(anIngress({ annotations: { 'rule-direction.coffee': value } }));
    expect(problems).toMatchObject([{ code: 'ANNOTATION-INVALID', facts: { value } }]);
    expect(problems[0]?.facts['allowed']).toContain('Request, Response');
  });

  it('are not blamed for a direction that could not be read', () => {
    const status = JSON.stringify([{ type: 'ResponseStatusCode', responseStatusCodeConfig: { values: ['200'] } }]);
    const annotations = { 'rule-direction.coffee': 'response', 'conditions.coffee': status, 'actions.coffee': redirect };
    const { problems } = readCustomRules(anIngress({ annotations }));
    expect(problems.map((one) => one.facts['annotation'])).toEqual([prefixed('rule-direction.coffee')]);
  });

  it('report each bad one, and name Ingress and annotation', () => {
    const { problems } = readCustomRules(anIngress({ annotations: { 'actions.coffee': '{', 'conditions.coffee': '7' } }));
    expect(problems.map((one) => [one.code, one.object.name, one.path])).toEqual([
      ['ANNOTATION-INVALID', 'cafe', `metadata.annotations[${prefixed('actions.coffee')}]`],
      ['ANNOTATION-INVALID', 'cafe', `metadata.annotations[${prefixed('conditions.coffee')}]`],
    ]);
  });
});

describe('the old format of Knative', () => {
  const single = '{"type":"Header","headerConfig":{"key":"X-Kind","values":["red"]}}';
  const labelled = (annotations: Readonly<Record<string, string>>) => {
    const ingress = anIngress({ annotations });
    return { ...ingress, metadata: { ...ingress.metadata, labels: { 'knative.aliyun.com/ingress': '' } } };
  };

  it('is a single object that counts as a list of one, with the label', () => {
    const listed = readCustomRules(anIngress({ annotations: { 'conditions.coffee': `[${single}]` } }));
    expect([...readCustomRules(labelled({ 'conditions.coffee': single })).rules]).toEqual([...listed.rules]);
    expect(readCustomRules(labelled({ 'conditions.coffee': `[${single}]` })).problems).toEqual([]);
  });

  it('is refused without the label', () => {
    const { problems } = readCustomRules(anIngress({ annotations: { 'conditions.coffee': single } }));
    expect(problems[0]?.facts['allowed']).toBe('a JSON list; found a single object; put [ ] around it');
  });
});

/** What JSON is made of and mistaken for, and a few others. */
const marks = 'aB1{}[]":,.-/*$“”，：\\ \n\t\u0000\u3000ä😀';

describe('whatever is written', () => {
  const annotations = (text: string) => ({ 'actions.coffee': text, 'conditions.coffee': text, 'rule-direction.coffee': text });
  const typed = fc.record({
    type: fc.constantFrom('ForwardGroup', 'Redirect', 'InsertHeader', 'TrafficMirror', 'Cors', 'Host', 'QueryString', 'SourceIp'),
    ForwardConfig: fc.jsonValue(),
    redirectConfig: fc.jsonValue(),
    hostConfig: fc.jsonValue(),
  });

  it('is read or refused, and every refusal fits into an Event', () => {
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom(...marks) }),
      fc.json(),
      fc.array(fc.oneof(fc.jsonValue(), typed)).map((list) => JSON.stringify(list)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { problems } = readCustomRules(anIngress({ annotations: annotations(text) }));
        for (const problem of problems) {
          expect(problem.code).toBe('ANNOTATION-INVALID');
          expect(explainProblem(problem).length).toBeLessThan(2000);
        }
      }),
    );
  });

  it('is refused when it is nested beyond all sense', () => {
    for (const text of [
      '['.repeat(100_000),
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `[{"type":"Host","hostConfig":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}]`,
    ]) {
      const { rules, problems } = readCustomRules(anIngress({ annotations: annotations(text) }));
      expect([...rules.values()]).toEqual([{}]);
      expect(problems).toHaveLength(3);
    }
  });

  it('has no names of the language in it', () => {
    const text = '[{"type":"Redirect","__proto__":{"port":"81"},"RedirectConfig":{"port":"81","constructor":1}}]';
    expect(readCustomRules(anIngress({ annotations: { 'actions.coffee': text } })).problems).toHaveLength(1);
  });
});
