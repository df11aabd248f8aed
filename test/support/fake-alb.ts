/**
 * The ALB in memory, as strict as the service where the steps can notice: status machines, one change at a time, client tokens, references,
 * unique priorities, limits. It passes the same contract suite as the adapter over the emulator.
 */
import type { AlbAction } from '#shared/cloud/alb/actions.ts';
import type { Alb, Job } from '#shared/cloud/alb/port.ts';
import type { CloudFailure } from '#shared/cloud/failure.ts';
import { checkBatch, checkTags, found } from './fake-alb/checks.ts';
import { type FakeCall, FakeCore } from './fake-alb/core.ts';
import { fakeGroups, fakeServers } from './fake-alb/groups.ts';
import { fakeInstances } from './fake-alb/instances.ts';
import { fakeListeners, fakeRules } from './fake-alb/listeners.ts';
import { type FakeAlbSettings, type FakeState, groupsBehind } from './fake-alb/state.ts';

export interface FakeAlb extends Alb {
  /** Every call in order, refused ones included; a list is one call a page. */
  readonly calls: readonly FakeCall[];
  /** What it holds now. */
  readonly state: FakeState;
  writes(): readonly FakeCall[];
  clearCalls(): void;
  /** The next call of the action fails; with `lost-answer` it is carried out all the same. */
  failNext(action: AlbAction, failure: CloudFailure, when?: 'before' | 'lost-answer'): void;
  /** Lets time pass for work that goes on after an answer. */
  advance(ms: number): void;
}

export interface FakeAlbOptions extends Partial<Omit<FakeAlbSettings, 'quota'>> {
  /** How long asynchronous work takes; 0 (default): done before the call answers. */
  readonly settleMs?: number;
  readonly quota?: Partial<FakeAlbSettings['quota']>;
}

/** The VPC of the local cloud. */
const site: Omit<FakeAlbSettings, 'quota'> = {
  vpcId: 'vpc-local',
  vSwitches: { 'vsw-local-a': 'cn-local-a', 'vsw-local-b': 'cn-local-b' },
  zones: ['cn-local-a', 'cn-local-b'],
};

/** What is to be tagged; all of it must be there. */
function tagged(state: FakeState, action: AlbAction, resourceType: 'loadbalancer' | 'servergroup', ids: readonly string[]) {
  checkBatch(action, 'ResourceId', ids);
  const [held, kind] = resourceType === 'loadbalancer' ? [state.loadBalancers, 'LoadBalancer'] : [state.groups, 'ServerGroup'];
  return ids.map((id) => found(action, kind, held.get(id)));
}

export function createFakeAlb({ settleMs = 0, quota, ...own }: FakeAlbOptions = {}): FakeAlb {
  const core = new FakeCore(settleMs);
  const quotas = { rulesPerLoadBalancer: 100, serversPerGroup: 1000, attachmentsPerGroup: 50, ...quota };
  const state: FakeState = {
    settings: { ...site, ...own, quota: quotas },
    loadBalancers: new Map(),
    listeners: new Map(),
    rules: new Map(),
    groups: new Map(),
  };
  return {
    ...fakeInstances(core, state),
    ...fakeGroups(core, state),
    ...fakeServers(core, state),
    ...fakeListeners(core, state),
    ...fakeRules(core, state),
    listenerHealth: (listenerId) =>
      core.list('GetListenerHealthStatus', { listenerId }, () => {
        found('GetListenerHealthStatus', 'Listener', state.listeners.get(listenerId));
        const groups = groupsBehind(state, listenerId).flatMap((id) => [state.groups.get(id)].flatMap((one) => (one ? [one] : [])));
        return groups.map(({ serverGroupId, settings, servers }) => {
          const checked = settings.healthCheckConfig.healthCheckEnabled;
          // Nothing is probed here: servers of checked groups are healthy as soon as they are registered.
          const ailing = servers
            .filter((one) => !checked || one.status !== 'Available')
            .map(({ serverId, serverIp, port }) => ({ serverId, serverIp, port, status: checked ? 'Initial' : 'Unavailable' }));
          return { serverGroupId, checked, ailing };
        });
      }),
    getJobs: async (jobIds) => {
      const jobs: Job[] = [];
      for (let from = 0; from < jobIds.length; from += 10) {
        const batch = jobIds.slice(from, from + 10);
        const known = () => batch.flatMap((id) => [core.jobs.get(id)].flatMap((job) => (job ? [job] : [])));
        jobs.push(...(await core.read('ListAsynJobs', { jobIds: batch }, known)));
      }
      return jobs;
    },
    tagResources: (resourceType, ids, tags) =>
      core.write('TagResources', { resourceType, ids, tags }, undefined, () => {
        checkTags('TagResources', tags);
        for (const thing of tagged(state, 'TagResources', resourceType, ids)) thing.tags = { ...thing.tags, ...tags };
      }),
    untagResources: (resourceType, ids, keys) =>
      core.write('UnTagResources', { resourceType, ids, keys }, undefined, () => {
        for (const thing of tagged(state, 'UnTagResources', resourceType, ids)) {
          thing.tags = Object.fromEntries(Object.entries(thing.tags).filter(([key]) => !keys.includes(key)));
        }
      }),
    close: () => undefined,
    calls: core.calls,
    state,
    writes: () => core.calls.filter((call) => call.write),
    clearCalls: () => {
      core.calls.length = 0;
    },
    failNext: (action, failure, when = 'before') => core.failNext(action, failure, when),
    advance: (ms) => core.advance(ms),
  };
}
