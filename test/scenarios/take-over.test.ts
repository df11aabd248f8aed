/**
 * An ALB that the existing controller has made: groups of each Ingress, found by the two tags that both know, and rules without tags. Taking
 * it over drops no request, and of the former groups and rules nothing is left.
 */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Tags } from '#shared/cloud/alb/port.ts';
import { albConfigTags, tagKeys } from '#shared/ownership.ts';
import { podIp, serviceName } from '#test/support/cafe.ts';
import { type GroupBench, settledCafe } from '#test/support/group-bench.ts';
import { turn } from '#test/support/group-turns.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { nameOf, refOf, served, warnings } from '#test/support/refused-rules.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

const hashed = (text: string): string => createHash('sha256').update(text).digest('hex');
/** How the resource tag has been written; `undefined`: not at all. */
const resources: Readonly<Record<string, (text: string) => string | undefined>> = {
  'as a hash': hashed,
  'as plain text, as in older versions': (text) => text,
  'not at all': () => undefined,
};

const ingresses = [1, 2, 3];

/** The third Ingress leads to the Service of the first. */
async function ours(): Promise<GroupBench> {
  const made = await settledCafe(2, {}, (objects) => [
    ...objects,
    anIngress({ name: nameOf(3), host: 'host-3.example.com', paths: [aPath('/', serviceName(1))] }),
  ]);
  bench = made;
  return made;
}

const serviceOfIngress = (index: number): number => (index === 3 ? 1 : index);

/** Everything as the other controller has it, and no record of ours. Answers the ids of its groups. */
async function handBack({ chain, console }: GroupBench, resourceOf: (text: string) => string | undefined): Promise<readonly string[]> {
  const wait = (): void => {
    chain.alb.clock.advance(20_000);
    chain.kube.advance(20_000);
  };
  const [balancer] = await console.findLoadBalancers(albConfigTags('c-local', 'cafe'));
  const [listener] = await console.listListeners(balancer?.loadBalancerId ?? '');
  if (balancer === undefined || listener === undefined) throw new Error('there is no listener');
  const former = await console.listRules(balancer.loadBalancerId, 'Request');
  const formerGroups = (await console.findServerGroups(albConfigTags('c-local', 'cafe'))).filter((one) => one.serverCount > 0);
  const [sample] = formerGroups;
  if (sample === undefined) throw new Error('there is no group');
  const ids: string[] = [];
  for (const index of ingresses) {
    const service = serviceOfIngress(index);
    const resource = resourceOf(`shop/${nameOf(index)}-${serviceName(service)}:80`);
    const tags: Tags = {
      ...albConfigTags('c-local', 'cafe'),
      ...(resource === undefined ? {} : { [tagKeys.resource]: resource }),
      [tagKeys.serviceNamespace]: 'shop',
      [tagKeys.ingressName]: nameOf(index),
      [tagKeys.serviceName]: serviceName(service),
      [tagKeys.servicePort]: '80',
    };
    const name = `shop-${serviceName(service)}-80`;
    const settings = { ...sample.settings, serverGroupName: name, serviceName: name };
    const { serverGroupId } = await console.createServerGroup({ settings, fixed: sample.fixed, tags, clientToken: `group ${index}` });
    wait();
    const servers = [0, 1]
      .map((pod) => podIp(service, pod))
      .map((ip) => ({ serverType: 'Eni' as const, serverId: `eni-${ip.replaceAll('.', '-')}`, serverIp: ip, port: 8080, weight: 100 }));
    await console.addServers(serverGroupId, servers, `servers ${index}`);
    wait();
    ids.push(serverGroupId);
  }
  const rules = ingresses.map((index, at) => ({
    ruleName: `rule-${index}`,
    priority: at + 1,
    direction: 'Request' as const,
    tags: {},
    ruleConditions: former.find((one) => one.ruleName.startsWith(`shop-${nameOf(index)}-`))?.ruleConditions ?? [],
    ruleActions: [
      {
        type: 'ForwardGroup' as const,
        order: 1,
        forwardGroupConfig: { serverGroupTuples: [{ serverGroupId: ids[at] ?? '', weight: 100 }] },
      },
    ],
  }));
  await console.deleteRules(
    former.map((one) => one.ruleId),
    'ours',
  );
  wait();
  await console.createRules(listener.listenerId, rules, 'theirs');
  wait();
  for (const one of formerGroups) await console.deleteServerGroup(one.serverGroupId, `ours ${one.serverGroupId}`);
  for (const { metadata } of chain.kube.held('Lease'))
    await chain.kube.remove({ kind: 'Lease', namespace: metadata.namespace ?? '', name: metadata.name });
  wait();
  return ids;
}

describe('an ALB of the existing controller', () => {
  it.each(Object.entries(resources))(
    'is taken over without a request lost; the resource tag of its groups is written %s',
    async (_, resourceOf) => {
      const made = await ours();
      const theirs = await handBack(made, resourceOf);
      const { chain } = made;
      const before = (await chain.alb.state())['loadBalancers']?.map((one) => one['LoadBalancerId']);
      const probes = ingresses.map((index) => ({ host: `host-${index}.example.com`, path: '/' }));
      const found = await turn(chain, probes, async () => chain.resync());
      expect(found.astray).toEqual([]);
      expect(found.dark).toEqual([]);
      // Groups without the tag cannot be told apart: where one stands for all, the others go with the sweeps.
      await made.sweep();
      await made.sweep();
      const left = (await made.groups()).map((one) => one.serverGroupId);
      expect(left.filter((one) => theirs.includes(one))).toEqual([]);
      // Two Services and a listener.
      expect(left).toHaveLength(3);
      expect(await served(chain)).toEqual(ingresses.map(nameOf));
      expect((await chain.alb.state())['rules']).toHaveLength(3);
      expect((await chain.alb.state())['loadBalancers']?.map((one) => one['LoadBalancerId'])).toEqual(before);
      expect(warnings(chain)).toEqual([]);
      await chain.kube.remove(refOf(3));
      await made.changed();
      expect((await chain.alb.state())['rules']).toHaveLength(2);
    },
  );
});
