/** The ports' contracts over the emulator: through the SDK, its signature and the wire. */
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { createEcs } from '#shared/cloud/ecs/adapter.ts';
import { createVpc } from '#shared/cloud/vpc/adapter.ts';
import { albContract } from '../../../contract/alb.ts';
import { ecsContract } from '../../../contract/ecs.ts';
import { vpcContract } from '../../../contract/vpc.ts';
import { podInterface, startLocalAlb } from '../../../support/local-alb.ts';

albContract('adapter over the emulator', async () => {
  const local = await startLocalAlb();
  return {
    alb: createAlb(local.options),
    vpcId: 'vpc-local',
    zoneMappings: ['a', 'b'].map((zone) => ({ zoneId: `${local.region}-${zone}`, vSwitchId: `vsw-local-${zone}` })),
    tick: async () => local.clock.advance(250),
    stop: local.service.stop,
  };
});

ecsContract('adapter over the emulator', async () => {
  const local = await startLocalAlb();
  return {
    ecs: createEcs(local.options),
    vpcId: 'vpc-local',
    hold: async (interfaces) => {
      await local.put(
        'network',
        interfaces.map((one) => podInterface(one.networkInterfaceId, one.address)),
      );
    },
    stop: local.service.stop,
  };
});

vpcContract('adapter over the emulator', async () => {
  const local = await startLocalAlb();
  return { vpc: createVpc(local.options), vpcId: 'vpc-local', stop: local.service.stop };
});
