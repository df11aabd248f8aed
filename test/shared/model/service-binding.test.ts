import { describe, expect, it } from 'vitest';
import { bindingRule, readBinding } from '#shared/model/service-binding.ts';
import type { Service } from '#shared/model/wish.ts';
import { aService } from '#test/support/objects.ts';

const annotation = 'alb.ingress.kubernetes.io/server-group-id';
const bound = (spec: Service['spec'] = {}, value = 'sgp-1'): Service => aService('coffee', { annotations: { [annotation]: value }, spec });
const http = { name: 'http', port: 80, nodePort: 30_080 };

describe('a Service bound to a group made elsewhere', () => {
  it('names the group, and the port that it has', () => {
    expect(readBinding(bound({ ports: [http] }))).toEqual({ binding: { serverGroupId: 'sgp-1', port: http } });
    expect(readBinding(aService('coffee'))).toEqual({ binding: undefined });
  });

  it.each<readonly [string, NonNullable<NonNullable<Service['spec']>['ports']>]>([
    ['two ports', [http, { name: 'metrics', port: 9090 }]],
    ['no port', []],
    ['a port of UDP', [{ port: 53, protocol: 'UDP' }]],
    ['one number for TCP and UDP', [{ port: 53 }, { port: 53, protocol: 'UDP' }]],
  ])('has one port of TCP, not %s', (_what, ports) => {
    const { faults = [] } = readBinding(bound({ ports }));
    expect(faults).toMatchObject([{ code: 'SERVICE-BINDING', facts: { service: 'shop/coffee', group: 'sgp-1' } }]);
    expect(faults[0]?.facts['detail']).toContain('exactly one port');
  });

  it('says what is wrong with the id', () => {
    expect(readBinding(bound({}, 'sgp 1')).faults).toMatchObject([{ code: 'ANNOTATION-INVALID', facts: { annotation, value: 'sgp 1' } }]);
  });

  it.each([
    [{ type: 'ClusterIP' }, 'Instance', { portName: 'http', mode: 'eni' }],
    [{ type: 'NodePort' }, 'Instance', { portName: 'http', mode: 'cluster', nodePort: 30_080 }],
    [{ type: 'NodePort' }, 'Ip', { portName: 'http', mode: 'ip' }],
  ] as const)('%j has the members of its mode in a group of type %s', (spec, groupType, rule) => {
    const service = bound({ ...spec, ports: [http] });
    const { binding } = readBinding(service);
    expect(binding && bindingRule(service, binding, { groupType })).toEqual({ rule, faults: [] });
  });

  it('cannot be one without endpoints', () => {
    const service = bound({ type: 'ExternalName', ports: [http] });
    const { binding } = readBinding(service);
    expect(binding && bindingRule(service, binding, { groupType: 'Ip' })).toMatchObject({ faults: [{ code: 'BACKEND-MODE' }] });
  });
});
