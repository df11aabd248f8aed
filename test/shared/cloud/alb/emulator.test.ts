import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { albContract, networkInterfaces } from '../../../contract/alb.ts';
import { startLocalAlb } from '../../../support/local-alb.ts';

albContract('adapter over the emulator', async () => {
  const local = await startLocalAlb();
  await local.hold(networkInterfaces);
  return {
    alb: createAlb(local.options),
    vpcId: 'vpc-local',
    zoneMappings: [
      { zoneId: 'cn-local-a', vSwitchId: 'vsw-local-a' },
      { zoneId: 'cn-local-b', vSwitchId: 'vsw-local-b' },
    ],
    tick: local.tick,
    stop: () => local.service.stop(),
  };
});
