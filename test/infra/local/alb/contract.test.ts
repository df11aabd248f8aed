/** The ports' contracts over the emulator: through the SDK, its signature and the wire. */
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { createEcs } from '#shared/cloud/ecs/adapter.ts';
import { createVpc } from '#shared/cloud/vpc/adapter.ts';
import { type AlbUnderTest, albContract } from '../../../contract/alb.ts';
import { ecsContract } from '../../../contract/ecs.ts';
import { vpcContract } from '../../../contract/vpc.ts';
import { podInterface, startLocalAlb } from '../../../support/local-alb.ts';

/** What the service's documents leave open, one way and the other: the port promises the same. */
const switches = {
  'as it comes': {},
  'with every switch the other way': {
    listenerStatusDuringRules: 'Running',
    listenersLockLoadBalancer: true,
    updatePriorityCheck: 'each-step',
    creatingGroupAcceptsServers: true,
    creatingGroupMayBeReferred: false,
    hostExpressions: 'refused',
    brokenExpressions: 'accepted',
    mirrorBeforeCors: 'mirror-first',
    clientTokenScope: 'account',
    referenceLingerMs: 0,
    maxResultsServers: 1000,
    throttleStatus: 503,
    newGroupStatus: 'Provisioning',
    drainingServers: 'listed',
    readdedServers: 'configuring',
    addressUnderTwoNames: 'refused',
    failedServerJobs: 'half-done',
  },
};

const underSwitches = (settings: unknown) => async (): Promise<AlbUnderTest> => {
  const local = await startLocalAlb({ settings });
  return {
    alb: createAlb(local.options),
    vpcId: 'vpc-local',
    zoneMappings: ['a', 'b'].map((zone) => ({ zoneId: `${local.region}-${zone}`, vSwitchId: `vsw-local-${zone}` })),
    tick: async () => local.clock.advance(250),
    stop: local.service.stop,
  };
};

for (const [name, settings] of Object.entries(switches)) albContract(`adapter over the emulator, ${name}`, underSwitches(settings));

ecsContract('adapter over the emulator', async () => {
  const local = await startLocalAlb();
  return {
    ecs: createEcs(local.options),
    vpcId: 'vpc-local',
    hold: async (interfaces) => {
      await local.put(
        'network',
        interfaces.map(({ networkInterfaceId, address, instanceId }) =>
          podInterface(networkInterfaceId, address, instanceId === undefined ? {} : { instanceId, primary: true }),
        ),
      );
    },
    stop: local.service.stop,
  };
});

vpcContract('adapter over the emulator', async () => {
  const local = await startLocalAlb();
  return { vpc: createVpc(local.options), vpcId: 'vpc-local', stop: local.service.stop };
});
