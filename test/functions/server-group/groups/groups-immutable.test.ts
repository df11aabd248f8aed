/** What cannot be changed of a group is changed by another one: made, filled, pointed to, and only then the old one goes (ACK 9). */
import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import type { Ingress } from '#shared/model/wish.ts';
import { serviceName, zones } from '#test/support/cafe.ts';
import { type GroupBench, settledCafe } from '#test/support/group-bench.ts';
import { anAlbConfig, anIngress, aPath } from '#test/support/objects.ts';
import { nameOf, refOf, served } from '#test/support/refused-rules.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

interface RuleState {
  readonly RuleActions: readonly {
    readonly ForwardGroupConfig?: { readonly ServerGroupTuples: readonly { readonly ServerGroupId: string }[] };
  }[];
}
interface GroupState {
  readonly ServerGroupId: string;
  readonly ServerGroupStatus: string;
  readonly Servers: readonly { readonly Status: string }[];
}

/** Groups that a rule points to at this moment and that are not there, are going, or have no server that serves. */
async function darkGroups({ chain }: GroupBench): Promise<readonly string[]> {
  const { rules = [], serverGroups = [] } = (await chain.alb.state()) as unknown as {
    readonly rules?: readonly RuleState[];
    readonly serverGroups?: readonly GroupState[];
  }; // the shapes of the service's own answers
  const groups = new Map(serverGroups.map((one) => [one.ServerGroupId, one]));
  const named = rules.flatMap((rule) => rule.RuleActions.flatMap((action) => action.ForwardGroupConfig?.ServerGroupTuples ?? []));
  return named.flatMap(({ ServerGroupId }) => {
    const group = groups.get(ServerGroupId);
    const serves = group?.ServerGroupStatus !== 'Deleting' && group?.Servers.some((server) => server.Status === 'Available') === true;
    return serves ? [] : [ServerGroupId];
  });
}

const changes = {
  'the protocol, to HTTPS': [{ 'backend-protocol': 'https' }, { protocol: 'HTTPS' }],
  'the protocol, to gRPC': [{ 'backend-protocol': 'grpc' }, { protocol: 'gRPC' }],
  'the type': [{ 'server-group-type': 'Ip' }, { serverGroupType: 'Ip' }],
  'the resource group': [{ 'server-group-resource-group-id': 'rg-shop' }, { resourceGroupId: 'rg-shop' }],
} as const;

const settings = {
  'the scheduler': [{ 'backend-scheduler': 'sch' }, { scheduler: 'Sch' }],
  draining: [
    { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '20' },
    { connectionDrainConfig: { connectionDrainEnabled: true, connectionDrainTimeout: 20 } },
  ],
} as const;

/** Every write there is in such a change, in the only order that drops no request. */
const writesOfChange = ['CreateServerGroup', 'AddServersToServerGroup', 'UpdateRulesAttribute', 'DeleteServerGroup'];

/** Groups that speak TLS may stand behind HTTPS listeners alone. */
const secured = (objects: readonly KubeObject[]): readonly KubeObject[] =>
  objects.map((one) => {
    const listener = { port: 443, protocol: 'HTTPS', certificates: [{ CertificateId: '1-cn-local' }] };
    if (one.kind === 'AlbConfig') return anAlbConfig({ spec: { config: zones, listeners: [listener] } });
    const spec = (one as Ingress).spec; // of an Ingress alone it is used
    const hosts = spec?.rules?.flatMap(({ host }) => host ?? []) ?? [];
    return one.kind === 'Ingress' ? { ...one, spec: { ...spec, tls: [{ hosts, secretName: 'unread' }] } } : one;
  });

async function changeFirst(annotations: Readonly<Record<string, string | null>>): Promise<GroupBench> {
  const made = await settledCafe(2, {}, secured);
  bench = made;
  const before = await made.groupOf(1);
  const dark = new Set<string>();
  await made.annotate(1, annotations, async () => {
    for (const one of await darkGroups(made)) dark.add(one);
  });
  expect([...dark]).toEqual([]);
  const calls = await made.chain.calls();
  expect(calls.filter((one) => one.write).map((one) => `${one.action} ${one.code}`.trim())).toEqual(writesOfChange);
  expect(calls.length).toBeLessThanOrEqual(16);
  const after = await made.groupOf(1);
  expect(after.serverGroupId).not.toBe(before.serverGroupId);
  expect(after.serverCount).toBe(2);
  expect(await served(made.chain)).toEqual([1, 2].map(nameOf));
  return made;
}

describe('a change of what a group is for good', () => {
  it.each(Object.entries(changes))('is another group, and no instant without a server: %s', async (_, [annotations, fixed]) => {
    const made = await changeFirst(annotations);
    expect((await made.groupOf(1)).fixed).toMatchObject(fixed);
    await made.changed();
    expect(await made.chain.calls()).toEqual([]);
  });

  it.each(Object.entries(settings))(
    'is what annotations say too: Ingresses that differ have each their own: %s',
    async (_, [annotations, own]) => {
      const made = await changeFirst(annotations);
      expect((await made.groupOf(1)).settings).toMatchObject(own);
    },
  );

  it('and back is the same again', async () => {
    const made = await changeFirst({ 'backend-protocol': 'https' });
    await made.annotate(1, { 'backend-protocol': null });
    expect((await made.chain.calls()).filter((one) => one.write).map((one) => one.action)).toEqual(writesOfChange);
    expect((await made.groupOf(1)).fixed.protocol).toBe('HTTP');
  });

  it('leaves the old group to the Ingress that still wants it', async () => {
    bench = await settledCafe(2);
    const spec = anIngress({ host: 'host-2.example.com', paths: [aPath('/', serviceName(1))] }).spec;
    await bench.chain.kube.mergePatch(refOf(2), { spec });
    await bench.changed();
    const shared = await bench.groupOf(1);
    await bench.annotate(1, { 'backend-scheduler': 'wlc' });
    const groups = (await bench.groups()).filter((one) => one.settings.serverGroupName === shared.settings.serverGroupName);
    expect(groups.map((one) => one.settings.scheduler).sort()).toEqual(['Wlc', 'Wrr']);
    expect(groups.map((one) => one.serverGroupId)).toContain(shared.serverGroupId);
    expect(await darkGroups(bench)).toEqual([]);
  });
});
