import { createEcs } from '#shared/cloud/ecs/adapter.ts';
import { ecsContract } from '../../../contract/ecs.ts';
import { startLocalAlb } from '../../../support/local-alb.ts';

ecsContract('adapter over the emulator', async () => {
  const local = await startLocalAlb();
  return { ecs: createEcs(local.options), vpcId: 'vpc-local', hold: local.hold, stop: () => local.service.stop() };
});
