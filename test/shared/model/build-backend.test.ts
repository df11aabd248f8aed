import { describe, expect, it } from 'vitest';
import { buildStack } from '#shared/model/build-stack.ts';
import type { ServerGroupSpec, Stack } from '#shared/model/stack.ts';
import type { Service, Site } from '#shared/model/wish.ts';
import { anIngress, aPath, aService, aSite, aWish, toService } from '#test/support/objects.ts';

type Annotations = Readonly<Record<string, string>>;

const backendType = 'service.beta.kubernetes.io/backend-type';
const backendLabel = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-backend-label';
const removeUnscheduled = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-remove-unscheduled-backend';

const ports = [{ name: 'http', port: 80, targetPort: 'web', nodePort: 30_080 }];

interface Case {
  readonly spec?: Service['spec'];
  readonly on?: Annotations;
  readonly ingress?: Annotations;
  readonly site?: Partial<Site>;
  readonly port?: string | number;
}

function stackFor({ spec = {}, on = {}, ingress = {}, site = {}, port = 80 }: Case): Stack {
  const services = [aService('coffee', { annotations: on, spec: { ports, ...spec } })];
  const paths = [{ ...aPath('/'), backend: toService('coffee', port) }];
  return buildStack(aWish({ ingresses: [anIngress({ annotations: ingress, paths })], services }), { ...aSite, ...site });
}

const groupFor = (one: Case): ServerGroupSpec | undefined => stackFor(one).groups.find((group) => group.members !== undefined);
const nodePort = { type: 'NodePort' };
const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
const onNodes = { portName: 'http', nodePort: 30_080 };

describe('members of a backend', () => {
  it.each<readonly [string, Case, object]>([
    ['a ClusterIP Service', {}, { portName: 'http', mode: 'eni' }],
    ['a port by name', { port: 'http' }, { portName: 'http', mode: 'eni' }],
    ['a port without a name', { spec: { ports: [{ port: 80 }] } }, { portName: '', mode: 'eni' }],
    ['a headless Service', { spec: { clusterIP: 'None' } }, { portName: 'http', mode: 'eni' }],
    ['a NodePort Service', { spec: nodePort }, { ...onNodes, mode: 'cluster' }],
    [
      'a LoadBalancer Service of policy Cluster',
      { spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Cluster' } },
      { ...onNodes, mode: 'cluster' },
    ],
    ['a Service of policy Local', { spec: local }, { ...onNodes, mode: 'local' }],
    ['a NodePort Service that asks for addresses', { spec: nodePort, on: { [backendType]: 'eni' } }, { portName: 'http', mode: 'eni' }],
    [
      'a NodePort Service where the site asks for addresses',
      { spec: local, site: { podAddresses: true } },
      { portName: 'http', mode: 'eni' },
    ],
    [
      'a NodePort Service that asks for nodes where the site asks for addresses',
      { spec: nodePort, site: { podAddresses: true }, on: { [backendType]: 'ecs' } },
      { ...onNodes, mode: 'cluster' },
    ],
    [
      'nodes with labels',
      { spec: nodePort, on: { [backendLabel]: 'pool=edge,zone=b' } },
      { ...onNodes, mode: 'cluster', nodeLabels: { pool: 'edge', zone: 'b' } },
    ],
    [
      'nodes that are not cordoned',
      { spec: local, on: { [removeUnscheduled]: 'on' } },
      { ...onNodes, mode: 'local', schedulableOnly: true },
    ],
    ['nodes, cordoned or not', { spec: local, on: { [removeUnscheduled]: 'off' } }, { ...onNodes, mode: 'local' }],
    ['labels of nodes that are no servers', { on: { [backendLabel]: 'pool=edge' } }, { portName: 'http', mode: 'eni' }],
    ['addresses as they are', { ingress: { 'server-group-type': 'Ip' } }, { portName: 'http', mode: 'ip' }],
    [
      'addresses as they are, of a NodePort Service',
      { spec: nodePort, ingress: { 'server-group-type': 'Ip' } },
      { portName: 'http', mode: 'ip' },
    ],
    ['pods by IPv6', { spec: { ipFamilies: ['IPv6'] } }, { portName: 'http', mode: 'eni', family: 'IPv6' }],
    ['pods of both families by the first', { spec: { ipFamilies: ['IPv6', 'IPv4'] } }, { portName: 'http', mode: 'eni', family: 'IPv6' }],
    ['pods of both families, IPv4 first', { spec: { ipFamilies: ['IPv4', 'IPv6'] } }, { portName: 'http', mode: 'eni' }],
    ['nodes of both families by IPv4', { spec: { ...nodePort, ipFamilies: ['IPv6', 'IPv4'] } }, { ...onNodes, mode: 'cluster' }],
  ])('of %s', (_what, one, members) => {
    const stack = stackFor(one);
    expect(stack.problems).toEqual([]);
    expect(groupFor(one)?.members).toEqual({ namespace: 'shop', service: 'coffee', ...members });
  });

  it('of IPv6 are in groups of their own, which take IPv6', () => {
    const [four, six] = [groupFor({}), groupFor({ spec: { ipFamilies: ['IPv6'] } })];
    expect(six?.fixed.ipv6Enabled).toBe(true);
    expect(four?.fixed).not.toHaveProperty('ipv6Enabled');
    expect(six?.identity).not.toBe(four?.identity);
    expect(groupFor({ spec: { ...nodePort, ipFamilies: ['IPv6', 'IPv4'] } })?.fixed).not.toHaveProperty('ipv6Enabled');
  });

  it('of another mode are in the same group: servers of both kinds may stand in it while they are replaced', () => {
    const modes = [{}, { spec: nodePort }, { spec: local }].map((one) => groupFor(one)?.identity);
    expect(new Set(modes).size).toBe(1);
  });
});

describe('a Service that cannot be reached', () => {
  it.each<readonly [string, Case, string, string]>([
    ['an ExternalName', { spec: { type: 'ExternalName', ports: [] } }, 'BACKEND-MODE', 'ExternalName'],
    [
      'an ExternalName for a group of addresses',
      { spec: { type: 'ExternalName' }, ingress: { 'server-group-type': 'Ip' } },
      'BACKEND-MODE',
      'ExternalName',
    ],
    ['a ClusterIP Service that asks for nodes', { on: { [backendType]: 'ecs' } }, 'BACKEND-MODE', 'ClusterIP'],
    [
      'a LoadBalancer Service without node ports',
      { spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] } },
      'BACKEND-MODE',
      'its port 80 has no node port (allocateLoadBalancerNodePorts is false)',
    ],
    [
      'a NodePort Service whose port has none',
      { spec: { ...nodePort, ports: [{ port: 80 }] } },
      'BACKEND-MODE',
      'its port 80 has no node port',
    ],
    ['nodes of IPv6 alone', { spec: { ...nodePort, ipFamilies: ['IPv6'] } }, 'BACKEND-MODE', 'IPv6 alone'],
  ])('is %s', (_what, one, code, detail) => {
    const stack = stackFor(one);
    expect(stack.problems).toMatchObject([{ code, object: { kind: 'Ingress', name: 'cafe' }, facts: { service: 'shop/coffee' } }]);
    expect(stack.problems[0]?.facts['detail']).toContain(detail);
    expect(stack.held).toHaveLength(1);
  });

  it.each<readonly [string, Case, string]>([
    ['backend-type', { on: { [backendType]: 'ENI' } }, `${backendType} of Service shop/coffee`],
    [
      'backend-type of addresses',
      { on: { [backendType]: 'ip' }, ingress: { 'server-group-type': 'Ip' } },
      `${backendType} of Service shop/coffee`,
    ],
    ['labels of nodes', { spec: nodePort, on: { [backendLabel]: 'pool' } }, `${backendLabel} of Service shop/coffee`],
    [
      'what becomes of cordoned nodes',
      { spec: nodePort, on: { [removeUnscheduled]: 'true' } },
      `${removeUnscheduled} of Service shop/coffee`,
    ],
  ])('holds the Ingress that uses it and names itself: %s', (_what, one, annotation) => {
    const stack = stackFor(one);
    expect(stack.problems).toMatchObject([
      { code: 'ANNOTATION-INVALID', object: { kind: 'Ingress', name: 'cafe' }, facts: { annotation } },
    ]);
    expect(stack.held).toHaveLength(1);
  });

  it('is told and served where a refused value has no effect', () => {
    const stack = stackFor({ on: { [backendLabel]: 'pool' } });
    expect(stack.problems).toMatchObject([
      { code: 'ANNOTATION-UNUSED', facts: { annotation: `${backendLabel} of Service shop/coffee`, other: 'node ports' } },
    ]);
    expect(stack.held).toEqual([]);
  });

  it('is told of every Ingress that uses it, and of no other', () => {
    const services = [aService('coffee', { annotations: { [backendType]: 'pods' } }), aService('tea')];
    const ingresses = ['a', 'b', 'c'].map((name, index) =>
      anIngress({ name, host: `${name}.example.com`, paths: [aPath('/', index === 2 ? 'tea' : 'coffee')] }),
    );
    const stack = buildStack(aWish({ ingresses, services }), aSite);
    expect(stack.held.map((one) => one.ref.name)).toEqual(['a', 'b']);
    expect(stack.rules.map((rule) => rule.owners[0]?.name)).toEqual(['c']);
  });
});
