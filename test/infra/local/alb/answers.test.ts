/** Every field of every answer is one that the service's SDK knows, with its type: a misspelt one would be dropped unseen by clients. */
import * as sdk from '@alicloud/alb20200616';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSdkModel, shapeOfModel } from '#infra/local/openapi/sdk-shape.ts';
import type { Shape } from '#infra/local/openapi/shape.ts';
import { albActions } from '#shared/cloud/alb/actions.ts';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import { type Ids, type SampledAction, sample, sampledActions, server, type WireParams } from './samples.ts';

const models: Readonly<Record<string, unknown>> = { ...sdk.default, ...sdk };

/** Where a value departs from its shape. */
function strangers(shape: Shape, value: unknown, where: string): readonly string[] {
  if (typeof shape === 'string') return typeof value === shape ? [] : [`${where} is no ${shape}`];
  if ('list' in shape) {
    return Array.isArray(value)
      ? value.flatMap((one, index) => strangers(shape.list, one, `${where}.${index + 1}`))
      : [`${where} is no list`];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${where} is no object`];
  return Object.entries(value).flatMap(([name, one]) => {
    const member = shape.members[name];
    return member === undefined ? [`${where} has no ${name}`] : strangers(member, one, `${where}.${name}`);
  });
}

function checkAnswer(action: string, answer: unknown): void {
  const model = models[`${action}ResponseBody`];
  if (!isSdkModel(model)) throw new Error(`the SDK has no answer of ${action}`);
  expect(strangers(shapeOfModel(model, action), answer, action)).toEqual([]);
}

let cloud: CloudUnderTest;
let ids: Ids;
beforeAll(async () => {
  cloud = await startCloudUnderTest();
});
afterAll(() => cloud.service.stop());

/** What makes a sample apply to the stack as it is. */
const fitting: Partial<Record<SampledAction, () => WireParams>> = {
  CreateListener: () => ({ ListenerPort: 8080 }),
  ListAsynJobs: () => ({ JobIds: [], ResourceIds: [ids.serverGroupId] }),
  ListServerGroups: () => ({ ServerGroupNames: ['group', 'group-2'] }),
  ListRules: () => ({ Tag: [] }),
  ListLoadBalancers: () => ({ LoadBalancerNames: ['cafe', 'cafe-2'] }),
};

/** Reads once there is something to read, deletions last. */
const rank = (action: string): number => (/^(Delete|Remove|Stop|UnTag)/.test(action) ? 2 : /^(Get|List|Describe)/.test(action) ? 1 : 0);
const order = [...sampledActions]
  .filter((action) => !/VSwitches|NetworkInterfaces|Instances/.test(action))
  .sort((a, b) => rank(a) - rank(b));
const leaf = order.filter(
  (action) => !['DeleteRule', 'DeleteRules', 'StartListener', 'DeleteListener', 'DeleteLoadBalancer', 'DeleteServerGroup'].includes(action),
);

describe('the answers', () => {
  it.each(leaf)('of %s are as the SDK knows them', async (action) => {
    ids = await cloud.stack();
    if (/^(Remove|Replace|UpdateServerGroupServers|ListServerGroupServers)/.test(action)) {
      await cloud.ok('AddServersToServerGroup', { ServerGroupId: ids.serverGroupId, Servers: [server(1)] });
      cloud.settle();
    }
    const answer = await cloud.ok(action, { ...sample(action, ids), ...fitting[action]?.() });
    checkAnswer(action, answer);
    cloud.settle();
    const lists = Object.entries(answer).filter(([, value]) => Array.isArray(value) && action.startsWith('List'));
    for (const [name, list] of lists) expect(list, `${name} is seen with something in it`).not.toEqual([]);
  });

  it('of deletions and restarts as well', async () => {
    const one = await cloud.stack();
    const answers: (readonly [string, WireParams])[] = [
      ['StopListener', { ListenerId: one.listenerId }],
      ['StartListener', { ListenerId: one.listenerId }],
      ['DeleteRules', { RuleIds: [one.ruleId] }],
      ['DeleteListener', { ListenerId: one.listenerId }],
      ['DeleteServerGroup', { ServerGroupId: one.serverGroupId }],
      ['DeleteLoadBalancer', { LoadBalancerId: one.loadBalancerId }],
    ];
    for (const [action, params] of answers) {
      checkAnswer(action, await cloud.ok(action, params));
      cloud.settle();
    }
  });

  it('of a locked load balancer and of an HTTPS listener as well', async () => {
    const https = { ListenerProtocol: 'HTTPS', Certificates: [{ CertificateId: '1-cn-local' }] };
    const authority = { CaEnabled: true, CaCertificates: [{ CertificateId: '2-cn-local' }] };
    const made = await cloud.listener({ ...https, ...authority });
    const shown = await cloud.ok('GetListenerAttribute', { ListenerId: made.listenerId });
    expect(shown).toMatchObject({ ...https, ...authority, Http2Enabled: true, SecurityPolicyId: 'tls_cipher_policy_1_0' });
    checkAnswer('GetListenerAttribute', shown);
    await cloud.put('settings', { businessStatus: 'Abnormal' });
    const locked = await cloud.ok('GetLoadBalancerAttribute', { LoadBalancerId: made.loadBalancerId });
    expect(locked).toMatchObject({
      LoadBalancerBussinessStatus: 'Abnormal',
      LoadBalancerOperationLocks: [{ LockType: 'FinancialLocked' }],
    });
    checkAnswer('GetLoadBalancerAttribute', locked);
    await cloud.put('settings', { businessStatus: 'Normal' });
  });

  it('are given for every action that the program uses', () => {
    for (const action of Object.keys(albActions)) expect(sampledActions).toContain(action);
  });
});
