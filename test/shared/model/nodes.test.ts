import { describe, expect, it } from 'vitest';
import { hostsServers, instanceIdOf, isServerNode, type Node, nodeFactsOf } from '#shared/model/nodes.ts';

interface Draft {
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Node['spec'];
  readonly status?: Node['status'];
  readonly going?: boolean;
}

const ready = { type: 'Ready', status: 'True' };
const address = (type: string, text: string) => ({ type, address: text });

const aNode = ({ labels = {}, spec = {}, status = {}, going = false }: Draft = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels, ...(going ? { deletionTimestamp: '2026-11-21T00:00:00Z' } : {}) },
  spec: { providerID: 'cn-local.i-1', ...spec },
  status: { conditions: [ready], addresses: [address('InternalIP', '10.0.0.1')], ...status },
});

const virtual = { type: 'virtual-kubelet' };

describe('the instance of a node', () => {
  it.each([
    ['cn-hangzhou.i-bp1abc', 'i-bp1abc'],
    ['alicloud://cn-hangzhou.i-bp1abc', 'i-bp1abc'],
    ['cn-hangzhou.i-bp1.abc', 'i-bp1.abc'],
    ['ack-hybrid://cn-hangzhou.node-1', ''],
    ['aws:///eu-west-1a/i-1.2', ''],
    ['i-bp1abc', ''],
    ['', ''],
  ])('of %j is %j', (providerId, instance) => {
    expect(instanceIdOf(providerId)).toBe(instance);
  });
});

describe('a node', () => {
  it('is told by name, instance and address', () => {
    expect(nodeFactsOf(aNode({ labels: { pool: 'edge' } }))).toEqual({
      name: 'node-1',
      instanceId: 'i-1',
      internalIp: '10.0.0.1',
      virtual: false,
      usable: true,
      schedulable: true,
      labels: { pool: 'edge' },
    });
  });

  it.each([
    ['IPv4 first', ['10.0.0.1', 'fd00::1'], '10.0.0.1'],
    ['IPv6 first', ['fd00::1', '10.0.0.1'], '10.0.0.1'],
    ['IPv6 alone', ['fd00::1'], 'fd00::1'],
    ['none', [], ''],
  ])('has an internal address, of IPv4 where there is one: %s', (_what, addresses, expected) => {
    const status = {
      addresses: [address('Hostname', 'node-1'), ...addresses.map((one) => address('InternalIP', one)), address('ExternalIP', '9.9.9.9')],
    };
    expect(nodeFactsOf(aNode({ status })).internalIp).toBe(expected);
  });

  const server = (draft: Draft): boolean => isServerNode(nodeFactsOf(aNode(draft)), {});

  it.each<readonly [string, Draft, boolean]>([
    ['that is Ready', {}, true],
    ['that is cordoned', { spec: { unschedulable: true } }, true],
    ['with another taint', { spec: { taints: [{ key: 'dedicated', effect: 'NoSchedule' }] } }, true],
    ['of which only the address is known', { spec: { providerID: '' } }, true],
    ['of which only the instance is known', { status: { addresses: [] } }, true],
    ['of which nothing is known', { spec: { providerID: '' }, status: { addresses: [] } }, false],
    ['that is excluded', { labels: { 'service.beta.kubernetes.io/exclude-node': '' } }, false],
    ['that is excluded by the newer label', { labels: { 'service.alibabacloud.com/exclude-node': 'false' } }, false],
    ['with the label that nobody reads', { labels: { 'alpha.service-controller.kubernetes.io/exclude-alb': 'true' } }, true],
    ['of the control plane', { labels: { 'node-role.kubernetes.io/control-plane': '' } }, false],
    ['of an older control plane', { labels: { 'node-role.kubernetes.io/master': '' } }, false],
    ['that the autoscaler removes', { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } }, false],
    ['that is being deleted', { going: true }, false],
    ['that is not Ready', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }, false],
    ['of which it is not known whether it is Ready', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, false],
    ['without conditions', { status: { conditions: [] } }, false],
    ['of another place', { spec: { providerID: 'ack-hybrid://node-1' } }, false],
    ['that is virtual', { labels: virtual }, false],
  ])('%s is a server: %s, %j', (_what, draft, expected) => {
    expect(server(draft)).toBe(expected);
  });

  it.each<readonly [string, Draft, boolean]>([
    ['that is virtual', { labels: virtual }, true],
    ['that is virtual and not Ready', { labels: virtual, status: { conditions: [] } }, true],
    ['that is virtual and excluded', { labels: { ...virtual, 'service.beta.kubernetes.io/exclude-node': 'true' } }, false],
    ['of another type', { labels: { type: 'gpu' } }, false],
  ])('%s hosts servers: %s, %j', (_what, draft, expected) => {
    expect(hostsServers(nodeFactsOf(aNode(draft)), {})).toBe(expected);
  });

  it.each([
    [{}, true],
    [{ nodeLabels: { pool: 'edge' } }, true],
    [{ nodeLabels: { pool: 'edge', zone: 'b' } }, false],
    [{ nodeLabels: { pool: 'core' } }, false],
    [{ nodeLabels: { pool: '' } }, false],
    [{ schedulableOnly: true as const }, false],
  ])('that is cordoned and has label pool=edge is wanted by %j: %s', (wish, expected) => {
    const spec = { unschedulable: true };
    expect(isServerNode(nodeFactsOf(aNode({ spec, labels: { pool: 'edge' } })), wish)).toBe(expected);
    expect(hostsServers(nodeFactsOf(aNode({ spec, labels: { ...virtual, pool: 'edge' } })), wish)).toBe(expected);
  });
});
