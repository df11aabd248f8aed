import { beforeEach, describe, expect, it } from 'vitest';
import { type ChainStep, chainSteps, type Phase, type StepRequested } from '#events/contract/messages.ts';
import type { Job } from '#shared/cloud/alb/port.ts';
import { AlbeitError } from '#shared/errors.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import { finalizer } from '#shared/ownership.ts';
import { wishHash } from '#shared/step/chain.ts';
import { ClaimLost } from '#shared/step/claim.ts';
import type { Noun } from '#shared/step/noun.ts';
import { done } from '#shared/step/outcome.ts';
import { type AlbConfigLedger, emptyAlbConfigLedger } from '#shared/step/record.ts';
import { createRecords, isTaken } from '#shared/step/records.ts';
import { runStep } from '#shared/step/run.ts';
import { createFakeKube, type FakeKube } from '#test/support/fake-kube.ts';
import { aClass, anAlbConfig, anIngress, aService, aSite, aWish } from '#test/support/objects.ts';
import { aWorkshop } from '#test/support/workshops.ts';

const { key } = aWish();
const hashes = stepHashes(buildStack(aWish(), aSite));
const balancer = { id: 'alb-1', dnsName: 'a.example.com', active: true };
const allApplied: AlbConfigLedger = {
  ...emptyAlbConfigLedger,
  loadBalancer: balancer,
  steps: Object.fromEntries(chainSteps.map((step) => [step, { hash: hashes[step] }])),
};
const request = (step: ChainStep, phase: Phase = 'apply', attempt = 0): StepRequested => ({
  type: 'albeit.step.requested',
  version: 1,
  key,
  step,
  phase,
  chain: 'mine',
  attempt,
});

let kube: FakeKube;
const did: string[] = [];
const noun: Noun = {
  kind: 'thing',
  uses: [],
  differences: async () => ({ kind: 'thing', create: 1, update: 0, remove: 0 }),
  apply: async () => {
    did.push('apply');
    return done(true);
  },
  collect: async () => {
    did.push('collect');
    return done(false);
  },
};
const run = (step: ChainStep, phase: Phase = 'apply', attempt = 0, holder = 'test/1') =>
  runStep({ name: step, nouns: [noun] }, request(step, phase, attempt), aWorkshop(kube, holder));

async function remember(ledger: AlbConfigLedger): Promise<void> {
  const claim = await createRecords(kube).claim(key, { holder: 'before', claimSeconds: 60 }, emptyAlbConfigLedger);
  if (isTaken(claim)) throw new Error('the record is taken');
  await claim.release(ledger);
}
const record = () => createRecords(kube).read(key, emptyAlbConfigLedger);
const hops = (sends: Awaited<ReturnType<typeof run>>['sends']): readonly string[] =>
  sends.map(({ message }) => ('step' in message ? `${message.step}/${message.phase}` : message.type));

beforeEach(() => {
  did.length = 0;
  kube = createFakeKube([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    anAlbConfig(),
    aClass(),
    anIngress(),
    aService('coffee'),
  ]);
});

describe('a step', () => {
  it('applies what is new, puts the finalizer on first, and goes on', async () => {
    const { outcome, sends } = await run('instance');
    expect([outcome, did, hops(sends)]).toEqual([done(true), ['apply'], ['server-group/apply']]);
    expect(kube.held('AlbConfig')).toMatchObject([{ metadata: { finalizers: [finalizer] } }]);
    expect(await record()).toMatchObject({ claimedUntil: 0, ledger: { underway: { chain: 'mine', step: 'server-group' } } });
  });

  it('clears its hash in the record before the first write', async () => {
    await remember({ ...allApplied, steps: { ...allApplied.steps, rule: { hash: 'old' } } });
    let seen: unknown;
    const looking: Noun = {
      ...noun,
      apply: async () => {
        seen = (await record())?.ledger.steps.rule;
        throw new AlbeitError('CONFIG-INVALID', {});
      },
    };
    await runStep({ name: 'rule', nouns: [looking] }, request('rule'), aWorkshop(kube));
    expect(seen).toEqual({ target: hashes.rule });
    expect((await record())?.ledger.steps.rule).toEqual({ target: hashes.rule });
  });

  it('does nothing when its hash stands, and leaves nothing to be sent', async () => {
    await remember(allApplied);
    const { outcome, sends } = await run('rule');
    expect([outcome, did, sends]).toEqual([done(false), [], []]);
  });

  it('goes back to a step before it that is not done, instead of building on nothing', async () => {
    await remember({ ...allApplied, steps: {} });
    const { sends } = await run('rule');
    expect([did, hops(sends)]).toEqual([[], ['instance/apply']]);
  });
});

describe('a wish that turned round', () => {
  it('is taken down from the top, and nothing is removed on the way', async () => {
    await kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: 'cafe' }, { metadata: { finalizers: [finalizer] } });
    await kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    await remember(allApplied);
    const { sends } = await run('server-group');
    expect([did, hops(sends)]).toEqual([[], ['instance/delete']]);
  });

  it('is applied from the top when it came back during a removal', async () => {
    await remember({ ...allApplied, steps: {} });
    const { sends } = await run('server-group', 'delete');
    expect([did, hops(sends)]).toEqual([[], ['instance/apply']]);
  });

  it('is applied when it changed while things were collected', async () => {
    await remember({ ...allApplied, steps: { ...allApplied.steps, rule: { hash: 'old' } } });
    const { sends } = await run('listener', 'collect');
    expect(hops(sends)).toEqual(['rule/apply']);
  });
});

describe('a removal', () => {
  it('needs no second reading when the AlbConfig says that it is being deleted, ends a job of the broken chain first, and drops the finalizer', async () => {
    await kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: 'cafe' }, { metadata: { finalizers: [finalizer] } });
    await kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    await remember({ ...allApplied, jobs: [{ step: 'rule', jobId: 'job-1', what: 'x' }] });
    const ended: Job = { jobId: 'job-1', status: 'Succeeded', resourceType: 'rule', resourceId: 'r' };
    const at = aWorkshop(kube, 'test/1', { getJobs: async () => [ended] });
    const first = await runStep({ name: 'instance', nouns: [noun] }, request('instance', 'delete'), at);
    expect([did, hops(first.sends)]).toEqual([['collect'], ['server-group/delete']]);
    expect((await record())?.ledger).toMatchObject({ steps: {}, loadBalancer: { leaving: true }, jobs: [] });
    await run('server-group', 'delete');
    expect(kube.held('AlbConfig')).toEqual([]);
  });

  it('of an AlbConfig that is not there without a word waits for a second reading', async () => {
    await kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    await remember(allApplied);
    expect((await run('instance', 'delete')).outcome).toMatchObject({ kind: 'wait', seconds: 5 });
    kube.advance(2000);
    expect((await run('instance', 'delete', 1)).outcome).toMatchObject({ kind: 'wait', seconds: 3 });
    expect(did).toEqual([]);
    kube.advance(3000);
    expect((await run('instance', 'delete', 1)).outcome).toEqual(done(false));
    expect(did).toEqual(['collect']);
  });

  it.each(['apply', 'collect', 'delete'] as const)('is not begun anew by a message (%s) that comes after it', async (phase) => {
    await kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    expect(await run('instance', phase, 1)).toMatchObject({ outcome: done(false), sends: [] });
    expect([did, kube.held('Lease')]).toEqual([[], []]);
  });

  it('that was a reading gone wrong is forgotten when the AlbConfig is there again', async () => {
    await kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    await remember(allApplied);
    await run('instance', 'delete');
    await kube.create(anAlbConfig());
    await run('instance', 'delete', 1);
    await kube.remove({ kind: 'AlbConfig', namespace: '', name: 'cafe' });
    kube.advance(60_000);
    expect((await run('instance', 'delete')).outcome).toMatchObject({ kind: 'wait', seconds: 5 });
    expect(did).toEqual([]);
  });
});

describe('a claim', () => {
  const contend = () => createRecords(kube).claim(key, { holder: 'contender', claimSeconds: 60 }, emptyAlbConfigLedger);

  it('is given back when the wish cannot be read, and the contender is not forgotten', async () => {
    const away = new AlbeitError('KUBE-AWAY', { detail: 'x' });
    kube.fail(away, 1, (call) => call.kind === 'IngressClass');
    expect(await run('instance')).toMatchObject({ outcome: { kind: 'park' }, sends: [] });
    expect((await record())?.claimedUntil).toBe(0);
  });

  it.each(['a run', 'a superseded poll'])('that %s ends has the key put back for whoever came meanwhile', async (which) => {
    if (which === 'a superseded poll') {
      const underway = { chain: 'another', step: 'rule', wish: wishHash(hashes), at: kube.now() } as const;
      await remember({ ...allApplied, underway });
    }
    // A contender comes as soon as the claim is taken: at the first call after it.
    const at = aWorkshop(kube);
    const records = createRecords(kube);
    const contended = {
      ...at,
      records: {
        ...records,
        claim: async <T>(...asked: Parameters<typeof records.claim<T>>) => {
          const claim = await records.claim<T>(...asked);
          await contend();
          return claim;
        },
      },
    };
    const { sends } = await runStep({ name: 'rule', nouns: [noun] }, request('rule', 'apply', 1), contended);
    expect(sends.map(({ message }) => message.type)).toContain('albeit.object.changed');
  });

  it('that is another’s has the message come back when it runs out', async () => {
    const claim = await createRecords(kube).claim(key, { holder: 'dead', claimSeconds: 60 }, emptyAlbConfigLedger);
    expect(isTaken(claim)).toBe(false);
    expect(await run('rule')).toMatchObject({ outcome: { kind: 'wait', seconds: 60 }, sends: [] });
    expect(await run('rule', 'apply', 0, 'test/2')).toMatchObject({ outcome: done(false), sends: [] });
  });

  it('that was lost on the way is no failure', async () => {
    const losing: Noun = { ...noun, apply: () => Promise.reject(new ClaimLost('taken')) };
    const { outcome } = await runStep({ name: 'instance', nouns: [losing] }, request('instance'), aWorkshop(kube));
    expect(outcome).toMatchObject({ kind: 'wait' });
  });
});

describe('modes', () => {
  const inMode = (mode: string) =>
    kube.mergePatch({ kind: 'AlbConfig', namespace: '', name: 'cafe' }, { metadata: { annotations: { 'albeit.io/mode': mode } } });

  it.each(['paused', 'observe'])('%s: nothing is written, and nothing is told of success', async (mode) => {
    await inMode(mode);
    expect(await run('instance')).toMatchObject({ outcome: done(false), sends: [] });
    expect(did).toEqual([]);
    expect(kube.held('Event')).toEqual([]);
    expect(kube.held('AlbConfig')).not.toMatchObject([{ status: expect.anything() }]);
  });
});

it('tells again what could not be told', async () => {
  await remember(allApplied);
  kube.fail(new AlbeitError('KUBE-AWAY', { detail: 'x' }), 1, (call) => call.verb === 'patch' && call.kind === 'AlbConfig');
  await run('rule');
  expect(kube.held('AlbConfig')).not.toMatchObject([{ status: expect.anything() }]);
  await run('rule');
  expect(kube.held('AlbConfig')).toMatchObject([{ status: { loadBalancer: { id: 'alb-1' } } }]);
});
