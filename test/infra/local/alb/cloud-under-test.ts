/** The emulated ALB with short words for what tests do to it all the time. Time moves only when a test says so. */
import { localCredentials } from '#infra/local/credentials.ts';
import { type LocalAlb, startLocalAlb } from '../../../support/local-alb.ts';
import { type Answered, callAcs3 } from '../../../support/signed-calls.ts';
import { flatten, type Ids, rule, sample, versionOf, type WireParams } from './samples.ts';

export interface CloudUnderTest extends LocalAlb {
  call(action: string, params?: WireParams): Promise<Answered>;
  /** The answer, which must be a success. */
  ok(action: string, params?: WireParams): Promise<Readonly<Record<string, unknown>>>;
  /** The code of the refusal; empty when the call was done. */
  codeOf(action: string, params?: WireParams): Promise<string>;
  /** Long enough for every job that has begun. */
  settle(): void;
  /** Each is settled when it is there. */
  loadBalancer(more?: WireParams): Promise<string>;
  group(more?: WireParams): Promise<string>;
  listener(more?: WireParams & { readonly loadBalancerId?: string; readonly serverGroupId?: string }): Promise<Ids>;
  /** A listener with one rule of priority 10. */
  stack(): Promise<Ids>;
}

/** A request for a group; what is hashed goes with the scheduler that hashes. */
export function groupOf(more: WireParams = {}): WireParams {
  const { UchConfig, ...params } = { ...sample('CreateServerGroup'), ...more };
  return UchConfig === undefined || params['Scheduler'] !== 'Uch' ? params : { ...params, UchConfig };
}

export async function startCloudUnderTest(settings: unknown = {}): Promise<CloudUnderTest> {
  const local = await startLocalAlb({ settings });
  const to = { url: local.service.url, accessKeyId: localCredentials.accessKeyId, accessKeySecret: localCredentials.accessKeySecret };
  const call: CloudUnderTest['call'] = (action, params = {}) =>
    callAcs3(to, { action, version: versionOf(action), form: Object.fromEntries(flatten(params)) });
  const ok: CloudUnderTest['ok'] = async (action, params) => {
    const answered = await call(action, params);
    if (answered.status !== 200) throw new Error(`${action}: ${JSON.stringify(answered.body)}`);
    return answered.body;
  };
  const settle = () => local.clock.advance(10_000);
  const made = async (action: 'CreateLoadBalancer' | 'CreateServerGroup' | 'CreateListener', id: string, params: WireParams) => {
    const answer = await ok(action, params);
    settle();
    return String(answer[id]);
  };
  const loadBalancer: CloudUnderTest['loadBalancer'] = (more) =>
    made('CreateLoadBalancer', 'LoadBalancerId', { ...sample('CreateLoadBalancer'), ...more });
  const group: CloudUnderTest['group'] = (more) => made('CreateServerGroup', 'ServerGroupId', groupOf(more));
  const listener: CloudUnderTest['listener'] = async ({ loadBalancerId, serverGroupId, ...more } = {}) => {
    const ids = {
      loadBalancerId: loadBalancerId ?? (await loadBalancer()),
      serverGroupId: serverGroupId ?? (await group()),
      listenerId: '',
      ruleId: '',
    };
    return { ...ids, listenerId: await made('CreateListener', 'ListenerId', { ...sample('CreateListener', ids), ...more }) };
  };
  return {
    ...local,
    call,
    ok,
    settle,
    codeOf: async (action, params) => String((await call(action, params)).body['Code'] ?? ''),
    loadBalancer,
    group,
    listener,
    stack: async () => {
      const ids = await listener();
      const answer = await ok('CreateRule', { ListenerId: ids.listenerId, ...rule(10, ids.serverGroupId) });
      settle();
      return { ...ids, ruleId: String(answer['RuleId']) };
    },
  };
}
