import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import type { Wish } from '#shared/model/wish.ts';
import type { Problem } from '#shared/problem.ts';
import type { AlbConfigLedger } from '#shared/step/record.ts';
import { problemsHash, project, type Report, type ReportInput } from '#shared/step/report.ts';
import { aClass, anAlbConfig, anIngress, aPath, aSite, aWish } from '#test/support/objects.ts';
import { aLedger } from '#test/support/scenes.ts';

const dnsName = 'alb-1.cn-local.alb.aliyuncs.com';
const made = aLedger({ loadBalancer: { id: 'alb-1', dnsName, active: true }, listeners: { 'HTTP:80': 'lsn-1' } });
const faulty = (name: string) => anIngress({ name, host: `${name}.example.com`, paths: [aPath('/', 'nowhere')] });

const input = (wish: Wish, more: Partial<ReportInput> = {}): ReportInput => ({
  wish,
  stack: buildStack(wish, aSite),
  ledger: made,
  problems: [],
  complete: true,
  now: Date.parse('2026-11-21T12:00:00Z'),
  ...more,
});

/** What a second run has in its ledger after the first was told. */
const told = (report: Report, ledger: AlbConfigLedger = made): AlbConfigLedger => ({ ...ledger, reported: report.reported });

const failing = (requestId: string): Problem => ({
  code: 'CLOUD-INVALID',
  object: { kind: 'Ingress', namespace: 'shop', name: 'cafe' },
  facts: { action: 'CreateRules', code: 'IllegalParam', detail: 'why', requestId },
});

describe('Events', () => {
  it('tell an owner once that the rules are in force, and again when they have changed', () => {
    const first = project(input(aWish()));
    expect(first.events).toMatchObject([{ type: 'Normal', reason: 'SuccessfullyReconciled', object: { namespace: 'shop', name: 'cafe' } }]);
    expect(project(input(aWish(), { ledger: told(first) })).events).toEqual([]);
    const changed = aWish({ ingresses: [anIngress({ host: 'other.example.com' })] });
    expect(project(input(changed, { ledger: told(first) })).events).toHaveLength(1);
  });

  it('tell an owner of an order that has changed, though its rules are the same, and nobody else', () => {
    const neighbour = anIngress({ name: 'neighbour', host: 'b.example.com' });
    const first = project(input(aWish({ ingresses: [anIngress(), neighbour] })));
    const moved = aWish({ ingresses: [anIngress({ annotations: { order: '20' } }), neighbour] });
    expect(project(input(moved, { ledger: told(first) })).events.map((one) => one.object.name)).toEqual(['cafe']);
  });

  it('say nothing of success before the chain is complete', () => {
    expect(project(input(aWish(), { complete: false })).events).toEqual([]);
  });

  it('name a problem once for as long as it lasts, and again when it came back', () => {
    const wish = aWish({ ingresses: [faulty('cafe')] });
    const first = project(input(wish));
    expect(first.events).toMatchObject([{ type: 'Warning', reason: 'SERVICE-NOT-FOUND', object: { kind: 'Ingress', name: 'cafe' } }]);
    const second = project(input(wish, { ledger: told(first) }));
    expect(second.events).toEqual([]);
    const cured = project(input(aWish(), { ledger: told(second) }));
    expect(project(input(wish, { ledger: told(cured) })).events).toHaveLength(1);
  });

  it('do not repeat a failure because its request has another id, or because a run in between did not meet it', () => {
    const at = (problems: readonly Problem[], ledger: AlbConfigLedger) => project(input(aWish(), { problems, ledger, complete: false }));
    const first = at([failing('r-1')], made);
    expect(first.events).toHaveLength(1);
    const waiting = at([], told(first));
    const again = at([failing('r-2')], told(waiting));
    expect([...waiting.events, ...again.events]).toEqual([]);
  });

  it('name a problem that two parts of a run met only once', () => {
    expect(project(input(aWish(), { problems: [failing('r-1'), failing('r-2')], complete: false })).events).toHaveLength(1);
  });

  it('carry the uid of what they are about', () => {
    const wish = aWish({ ingresses: [anIngress({ metadata: { uid: 'u-1' } })] });
    expect(project(input(wish)).events).toMatchObject([{ object: { uid: 'u-1' } }]);
  });
});

describe('the status of the AlbConfig', () => {
  it('is written when it has changed, and else not', () => {
    const first = project(input(aWish()));
    expect(first.status).toMatchObject({
      loadBalancer: { id: 'alb-1', dnsname: dnsName, phase: 'Active', listeners: [{ portAndProtocol: '80/HTTP' }] },
      conditions: [{ type: 'Ready', status: 'True', reason: 'Applied' }],
      ingresses: [],
    });
    const written = aWish({ albConfig: { ...anAlbConfig(), status: first.status ?? {} } });
    const later = input(written, { ledger: told(first), now: Date.parse('2026-11-21T13:00:00Z') });
    expect(project(later)).not.toHaveProperty('status');
  });

  it('keeps the time of its condition while that stays as it is', () => {
    const status = { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2020-01-01T00:00:00Z' }] };
    const wish = aWish({ albConfig: { ...anAlbConfig(), status } });
    expect(project(input(wish)).status).toMatchObject({ conditions: [{ lastTransitionTime: '2020-01-01T00:00:00Z' }] });
    expect(project(input(wish, { complete: false })).status).toMatchObject({
      conditions: [{ status: 'False', reason: 'Progressing', lastTransitionTime: '2026-11-21T12:00:00Z' }],
    });
  });

  it('stays small whatever goes wrong: fifty problems named, each a sentence, no member ever', () => {
    const wish = aWish({ ingresses: Array.from({ length: 400 }, (_, index) => faulty(`cafe-${index}`)) });
    const long: Problem = { ...failing('r-1'), facts: { action: 'CreateRules', code: 'X', detail: 'y'.repeat(20_000) } };
    const { status } = project(input(wish, { problems: [long] }));
    expect(status?.['ingresses']).toHaveLength(50);
    expect(JSON.stringify(status).length).toBeLessThan(40_000);
    expect(project(input(aWish(), { problems: [long], complete: false })).status).toMatchObject({
      conditions: [{ message: expect.stringMatching(/^.{1,512}$/) }],
    });
  });

  it('says how many Ingresses are held, and serves the others', () => {
    const wish = aWish({ ingresses: [anIngress({ name: 'good' }), faulty('bad')] });
    expect(project(input(wish)).status).toMatchObject({
      conditions: [{ status: 'True', reason: 'PartlyApplied', message: expect.stringContaining('1 Ingress(es) are held') }],
      ingresses: [{ namespace: 'shop', name: 'bad', reason: 'SERVICE-NOT-FOUND' }],
    });
  });

  it('counts warnings apart: what is only to be told of does not make it less than applied', () => {
    const problems: readonly Problem[] = [
      { code: 'CORS-ANY-ORIGIN', object: { kind: 'Ingress', namespace: 'shop', name: 'cafe' }, facts: {} },
    ];
    const { status } = project(input(aWish(), { problems }));
    expect(status).toMatchObject({
      conditions: [{ status: 'True', reason: 'Applied', message: expect.stringMatching(/^1 rule\(s\) are in force; \d warning/) }],
      ingresses: [{ name: 'cafe', reason: 'CORS-ANY-ORIGIN' }],
    });
  });

  it('says what is wrong with an AlbConfig that is held, and tells no Ingress that it failed or succeeded', () => {
    const wish = aWish({ albConfig: anAlbConfig({ metadata: { annotations: { 'albeit.io/mode': 'sometimes' } } }) });
    const former = told(project(input(aWish())));
    const report = project(input(wish, { ledger: former }));
    expect(report.status).toMatchObject({
      conditions: [{ status: 'False', reason: 'Invalid', message: expect.stringContaining('albeit.io/mode') }],
    });
    expect(report.hostnames).toEqual([]);
    // What was told of the Ingresses stays told: nobody hears of a success again when the AlbConfig is corrected.
    expect(project(input(aWish(), { ledger: told(report, former) })).events).toEqual([]);
  });
});

describe('hostnames', () => {
  const withHost = (hostname: string) => ({ ...anIngress(), status: { loadBalancer: { ingress: [{ hostname }] } } });

  it('are written to Ingresses whose rules are in force, once', () => {
    expect(project(input(aWish())).hostnames).toEqual([
      { ingress: { kind: 'Ingress', namespace: 'shop', name: 'cafe' }, hostname: dnsName },
    ]);
    expect(project(input(aWish({ ingresses: [withHost(dnsName)] }))).hostnames).toEqual([]);
    expect(project(input(aWish({ ingresses: [withHost('old.example.com')] }))).hostnames).toHaveLength(1);
  });

  it('wait for the chain to be complete and for the balancer to have a name', () => {
    expect(project(input(aWish(), { complete: false })).hostnames).toEqual([]);
    expect(project(input(aWish(), { ledger: aLedger({ loadBalancer: { id: 'alb-1', dnsName: '', active: false } }) })).hostnames).toEqual(
      [],
    );
    expect(project(input(aWish(), { ledger: aLedger() })).hostnames).toEqual([]);
  });

  it('are left as they are for an Ingress that is held or on its way out', () => {
    const going = anIngress({ metadata: { deletionTimestamp: '2026-11-21T11:00:00Z' } });
    expect(project(input(aWish({ ingresses: [faulty('cafe')] }))).hostnames).toEqual([]);
    expect(project(input(aWish({ ingresses: [going] }))).hostnames).toEqual([]);
  });

  it('go with the AlbConfig', () => {
    const going = anAlbConfig({ metadata: { deletionTimestamp: '2026-11-21T11:00:00Z' } });
    const wish = aWish({ albConfig: going, ingresses: [withHost(dnsName)] });
    expect(project(input(wish, { complete: false })).hostnames).toMatchObject([{ hostname: undefined }]);
  });
});

it('tells problems of a wish apart, whatever their order', () => {
  const stack = (...names: readonly string[]) => buildStack(aWish({ ingresses: names.map(faulty), classes: [aClass()] }), aSite);
  const both = stack('a', 'b');
  expect(problemsHash(both)).toBe(problemsHash({ ...both, problems: [...both.problems].reverse() }));
  expect(problemsHash(both)).not.toBe(problemsHash(stack('a', 'c')));
});
