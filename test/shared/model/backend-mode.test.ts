import { describe, expect, it } from 'vitest';
import { backendMode, backendModes, type ModeAnswer } from '#shared/model/backend-mode.ts';
import { aService } from '#test/support/objects.ts';

const key = 'service.beta.kubernetes.io/backend-type';

interface Row {
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly policy?: 'Cluster' | 'Local';
  readonly annotation?: string;
  readonly podAddresses?: boolean;
  readonly groupType?: 'Instance' | 'Ip';
}

function modeFor({ type, policy, annotation, podAddresses, groupType = 'Instance' }: Row): ModeAnswer {
  const service = aService('coffee', {
    spec: { ...(type === undefined ? {} : { type }), ...(policy === undefined ? {} : { externalTrafficPolicy: policy }) },
    ...(annotation === undefined ? {} : { annotations: { [key]: annotation } }),
  });
  return backendMode(service, { groupType, ...(podAddresses === undefined ? {} : { podAddresses }) });
}

describe('the mode of a Service', () => {
  it.each<readonly [Row, ModeAnswer['mode']]>([
    [{}, 'eni'],
    [{ type: 'ClusterIP' }, 'eni'],
    [{ type: 'ClusterIP', annotation: 'eni' }, 'eni'],
    [{ type: 'ClusterIP', podAddresses: true }, 'eni'],
    [{ type: 'NodePort' }, 'cluster'],
    [{ type: 'NodePort', policy: 'Cluster' }, 'cluster'],
    [{ type: 'NodePort', policy: 'Local' }, 'local'],
    [{ type: 'LoadBalancer' }, 'cluster'],
    [{ type: 'LoadBalancer', policy: 'Local' }, 'local'],
    [{ type: 'LoadBalancer', policy: 'Local', annotation: 'ecs' }, 'local'],
    [{ type: 'LoadBalancer', policy: 'Local', annotation: 'eni' }, 'eni'],
    [{ type: 'NodePort', podAddresses: true }, 'eni'],
    [{ type: 'NodePort', podAddresses: true, annotation: 'ecs' }, 'cluster'],
    [{ type: 'NodePort', podAddresses: false }, 'cluster'],
    [{ type: 'ClusterIP', groupType: 'Ip' }, 'ip'],
    [{ type: 'NodePort', policy: 'Local', groupType: 'Ip' }, 'ip'],
    [{ type: 'NodePort', annotation: 'ecs', groupType: 'Ip' }, 'ip'],
  ])('that is %j is %s', (row, mode) => {
    expect(modeFor(row)).toEqual({ mode });
  });

  it.each<readonly [Row, string]>([
    [{ type: 'ExternalName' }, 'ExternalName'],
    [{ type: 'ExternalName', annotation: 'eni' }, 'ExternalName'],
    [{ type: 'ExternalName', groupType: 'Ip' }, 'ExternalName'],
    [{ type: 'ClusterIP', annotation: 'ecs' }, 'cluster service type just support eni mode'],
    [{ type: 'ClusterIP', annotation: 'ecs', podAddresses: true }, 'ClusterIP'],
    [{ type: 'NodePort', annotation: 'ENI' }, key],
  ])('that is %j is none, and that is said', (row, word) => {
    expect(modeFor(row).refusal).toContain(word);
  });

  it('is instance mode or IP mode to those who come from AWS', () => {
    expect(Object.entries(backendModes).map(([mode, { alias }]) => [mode, alias])).toEqual(
      expect.arrayContaining([
        ['eni', 'ip'],
        ['ip', 'ip'],
        ['cluster', 'instance'],
        ['local', 'instance'],
      ]),
    );
  });
});
