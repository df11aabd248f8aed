import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { policyOf, type Runner, ramFiles, usesOf } from '#infra/deploy/ram.ts';
import { type AlbAction, albActions } from '#shared/cloud/alb/actions.ts';
import type { Alb } from '#shared/cloud/alb/port.ts';
import { steps } from '#shared/steps.ts';

const runners: readonly Runner[] = [...steps.map(({ name }) => name), 'forwarder'];

/** Which action a method of the port calls; the type sees to it that none is missing. */
const actionOf: Readonly<Record<Exclude<keyof Alb, 'close'>, AlbAction>> = {
  findLoadBalancers: 'ListLoadBalancers',
  getLoadBalancer: 'GetLoadBalancerAttribute',
  createLoadBalancer: 'CreateLoadBalancer',
  updateLoadBalancer: 'UpdateLoadBalancerAttribute',
  disableDeletionProtection: 'DisableDeletionProtection',
  deleteLoadBalancer: 'DeleteLoadBalancer',
  zones: 'DescribeZones',
  findServerGroups: 'ListServerGroups',
  getServerGroups: 'ListServerGroups',
  createServerGroup: 'CreateServerGroup',
  updateServerGroup: 'UpdateServerGroupAttribute',
  deleteServerGroup: 'DeleteServerGroup',
  listServers: 'ListServerGroupServers',
  addServers: 'AddServersToServerGroup',
  removeServers: 'RemoveServersFromServerGroup',
  replaceServers: 'ReplaceServersInServerGroup',
  updateServers: 'UpdateServerGroupServersAttribute',
  listenerHealth: 'GetListenerHealthStatus',
  listListeners: 'ListListeners',
  createListener: 'CreateListener',
  updateListener: 'UpdateListenerAttribute',
  deleteListener: 'DeleteListener',
  defaultCertificate: 'GetListenerAttribute',
  listRules: 'ListRules',
  createRules: 'CreateRules',
  updateRules: 'UpdateRulesAttribute',
  deleteRules: 'DeleteRules',
  getJobs: 'ListAsynJobs',
  tagResources: 'TagResources',
  untagResources: 'UnTagResources',
};
const otherActions: Readonly<Record<string, string>> = {
  listVSwitches: 'DescribeVSwitches',
  findNetworkInterfaces: 'DescribeNetworkInterfaces',
  findInstances: 'DescribeInstances',
};

const calledIn = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:alb|ecs|vpc)\s*\.(\w+)\(/g)].flatMap(([, method = '']) =>
    method === 'close' ? [] : [actionOf[method as keyof typeof actionOf] ?? otherActions[method] ?? `unknown method ${method}`],
  );

async function actionsInSource(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap(calledIn);
}

/** What the runtime calls for every step of the chain. */
const runtime = async (): Promise<readonly string[]> => calledIn(await readFile('shared/step/jobs.ts', 'utf8'));

describe('RAM policies', () => {
  it.each(['dispatch', 'sweep', 'forwarder'] as const)('let %s call nothing of ALB, ECS or VPC', (runner) => {
    const actions = policyOf(runner).Statement.flatMap((one) => one.Action);
    expect(actions.filter((action) => !action.startsWith('mns:'))).toEqual([]);
  });

  it.each(['dispatch', 'instance', 'server-group', 'listener', 'rule', 'sweep'] as const)(
    'allow %s what its source calls, and no more',
    async (step) => {
      const source = new Set(await actionsInSource(`functions/${step}`));
      const allowed = new Set(usesOf[step]);
      expect([...source].filter((action) => !allowed.has(action))).toEqual([]);
      const shared = new Set(await runtime());
      expect([...allowed].filter((action) => !source.has(action) && !shared.has(action))).toEqual([]);
    },
  );

  it('allow what the runtime asks on behalf of a step', async () => {
    expect(new Set(await runtime())).toEqual(new Set(['GetLoadBalancerAttribute', 'ListAsynJobs']));
    for (const step of ['listener', 'rule'] as const) expect(usesOf[step]).toContain('GetLoadBalancerAttribute');
    for (const step of ['instance', 'server-group', 'listener', 'rule'] as const) expect(usesOf[step]).toContain('ListAsynJobs');
  });

  it('give every write to one function alone', () => {
    const writers = new Map<string, Runner[]>();
    for (const runner of runners) {
      for (const action of new Set(usesOf[runner])) {
        if (albActions[action as AlbAction]?.write === true) writers.set(action, [...(writers.get(action) ?? []), runner]);
      }
    }
    expect([...writers.values()].filter((one) => one.length !== 1)).toEqual([]);
    expect(writers.size).toBeGreaterThan(10);
  });

  it('name the product of each action, and queues rather than all of them', () => {
    for (const runner of runners) {
      for (const { Action, Resource } of policyOf(runner).Statement) {
        for (const action of Action) expect(action).toMatch(/^(alb|ecs|vpc|mns):[A-Z]\w+$/);
        if (Action.some((action) => action.startsWith('mns:'))) expect(Resource).not.toBe('*');
      }
    }
    expect(policyOf('server-group').Statement[0]?.Action).toContain('ecs:DescribeNetworkInterfaces');
    expect(policyOf('instance').Statement[0]?.Action).toContain('vpc:DescribeVSwitches');
  });

  it('let a function send to every queue that a step may hand over to', () => {
    const queues = [...steps.flatMap(({ queue }) => (queue === undefined ? [] : [queue])), 'dead-letter'];
    const resources = policyOf('rule').Statement.at(-1)?.Resource;
    expect(resources).toEqual(queues.map((queue) => `acs:mns:*:*:/queues/${queue}/messages`));
  });

  it('are written one a runner', () => {
    expect(ramFiles).toHaveLength(runners.length);
    for (const file of ramFiles) expect(JSON.parse(file.build()).Version).toBe('1');
  });
});
