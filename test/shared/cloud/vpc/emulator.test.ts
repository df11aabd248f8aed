import { createVpc } from '#shared/cloud/vpc/adapter.ts';
import { vpcContract } from '../../../contract/vpc.ts';
import { startLocalAlb } from '../../../support/local-alb.ts';

vpcContract('adapter over the emulator', async () => {
  const local = await startLocalAlb();
  return { vpc: createVpc(local.options), vpcId: 'vpc-local', stop: () => local.service.stop() };
});
