import { describe, expect, it } from 'vitest';
import { type ChainStep, chainSteps, type Phase } from '#events/contract/messages.ts';
import type { Job, LoadBalancer } from '#shared/cloud/alb/port.ts';
import { digestJobs, firstLookMs, verifyJobs, verifyLoadBalancer } from '#shared/step/jobs.ts';
import { aLedger, aScene } from '#test/support/scenes.ts';

const owner = { kind: 'AlbConfig', namespace: '', name: 'cafe' };
const pending = (step: ChainStep, jobId: string) => ({ step, jobId, what: `thing of ${jobId}` });
const job = (jobId: string, status: Job['status']): Job => ({
  jobId,
  status,
  resourceType: 'rule',
  resourceId: 'r',
  errorCode: 'Some.Code',
});

describe('what jobs say', () => {
  const ledger = aLedger({
    jobs: [pending('listener', 'runs'), pending('rule', 'ended'), pending('rule', 'unknown'), pending('server-group', 'failed')],
    steps: { 'server-group': { target: 'x', applied: true }, rule: { target: 'y', applied: true } },
  });
  const after = digestJobs(ledger, [job('runs', 'Processing'), job('ended', 'Succeeded'), job('failed', 'Failed')]);

  it('keeps what runs; what has ended, or is not known any more, is over', () => {
    expect(after.jobs.map((one) => one.jobId)).toEqual(['runs']);
    expect(after.steps.rule).toEqual({ target: 'y', applied: true });
  });

  it('makes the step of a failed one look again under a new intent, and no other', () => {
    expect(after.steps['server-group']).toEqual({});
    expect(after.incarnation).toBe(ledger.incarnation + 1);
  });
});

describe('verifying jobs', () => {
  const asks = (answers: readonly Job[]) => {
    const asked: string[][] = [];
    return {
      asked,
      alb: {
        getJobs: async (ids: readonly string[]) => {
          asked.push([...ids]);
          return answers;
        },
      },
    };
  };

  it.each<[ChainStep, Phase, ChainStep, boolean]>([
    ['listener', 'apply', 'server-group', false],
    ['listener', 'apply', 'listener', true],
    ['rule', 'apply', 'server-group', true],
    ['instance', 'delete', 'rule', true],
    ['server-group', 'collect', 'listener', true],
  ])('%s/%s with a job of %s: asks %s', async (step, phase, of, wanted) => {
    const { alb, asked } = asks([job('j', 'Processing')]);
    const outcome = await verifyJobs(aScene({ alb, ledger: { jobs: [pending(of, 'j')] } }), { step, phase }, owner);
    expect([asked.length > 0, outcome?.kind]).toEqual(wanted ? [true, 'wait'] : [false, undefined]);
  });

  it('asks about all of them at once, and goes on when those that matter have ended', async () => {
    const { alb, asked } = asks([job('a', 'Succeeded'), job('b', 'Processing')]);
    const scene = aScene({ alb, ledger: { jobs: [pending('listener', 'a'), pending('server-group', 'b')] } });
    expect(await verifyJobs(scene, { step: 'listener', phase: 'apply' }, owner)).toBeUndefined();
    expect(asked).toEqual([['a', 'b']]);
    expect(scene.ledger.jobs.map((one) => one.jobId)).toEqual(['b']);
  });

  it('parks with what failed, so that a change that always fails is not made every second', async () => {
    const scene = aScene({
      alb: asks([job('a', 'Failed')]).alb,
      ledger: { jobs: [pending('rule', 'a')], steps: { rule: { target: 'x', applied: true } } },
    });
    const outcome = await verifyJobs(scene, { step: 'rule', phase: 'apply' }, owner);
    expect(outcome).toMatchObject({
      kind: 'park',
      problems: [{ object: owner, facts: { action: 'job for thing of a', code: 'Some.Code' } }],
    });
    expect(scene.ledger).toMatchObject({ jobs: [], steps: { rule: {} } });
  });

  it('needs none when there is none', async () => {
    for (const step of chainSteps) expect(await verifyJobs(aScene(), { step, phase: 'apply' }, owner)).toBeUndefined();
  });
});

describe('a load balancer that was made', () => {
  const made = (more: object = {}) => ({ loadBalancer: { id: 'alb-1', dnsName: '', active: false, createdAt: 1_000_000, ...more } });
  const shows = (status: string | undefined) => ({
    getLoadBalancer: async () =>
      status === undefined ? undefined : ({ loadBalancerId: 'alb-1', status, dnsName: 'a.example.com' } as LoadBalancer), // what is looked at
  });

  it('is not asked about before it can be there', async () => {
    const scene = aScene({ ledger: made(), now: 1_000_000 + firstLookMs - 1500 });
    expect(await verifyLoadBalancer(scene, owner)).toMatchObject({ kind: 'wait', seconds: 2 });
  });

  it.each(['Active', 'Configuring'])('is there when it is %s, and its name is remembered', async (status) => {
    const scene = aScene({ ledger: made(), now: 2_000_000, alb: shows(status) });
    expect(await verifyLoadBalancer(scene, owner)).toBeUndefined();
    expect(scene.ledger.loadBalancer).toMatchObject({ active: true, dnsName: 'a.example.com' });
  });

  it('is waited for while it is made', async () => {
    expect(await verifyLoadBalancer(aScene({ ledger: made(), now: 2_000_000, alb: shows('Provisioning') }), owner)).toMatchObject({
      kind: 'wait',
    });
  });

  it('is told of when it could not be made, and forgotten once the service has taken it away', async () => {
    const failed = aScene({ ledger: made(), now: 2_000_000, alb: shows('CreateFailed') });
    expect(await verifyLoadBalancer(failed, owner)).toMatchObject({ kind: 'park' });
    expect(failed.told).toMatchObject([{ code: 'LOAD-BALANCER-FAILED', facts: { id: 'alb-1' } }]);
    expect(failed.ledger.loadBalancer?.id).toBe('alb-1');
    const gone = aScene({
      ledger: { ...made(), steps: { instance: { target: 'x', applied: true } } },
      now: 2_000_000,
      alb: shows(undefined),
    });
    expect(await verifyLoadBalancer(gone, owner)).toMatchObject({ kind: 'park' });
    expect(gone.ledger).not.toHaveProperty('loadBalancer');
    expect(gone.ledger.steps.instance).toEqual({});
  });

  it('costs no call once it is known to be there', async () => {
    expect(await verifyLoadBalancer(aScene({ ledger: made({ active: true }) }), owner)).toBeUndefined();
    expect(await verifyLoadBalancer(aScene(), owner)).toBeUndefined();
  });
});
