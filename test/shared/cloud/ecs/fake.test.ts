import { ecsContract } from '../../../contract/ecs.ts';
import { createFakeEcs } from '../../../support/fake-ecs.ts';

ecsContract('fake', async () => {
  const ecs = createFakeEcs();
  return {
    ecs,
    vpcId: 'vpc-local',
    hold: async (interfaces) => {
      const inUse = interfaces.map(({ networkInterfaceId, address }) => ({
        networkInterfaceId,
        status: 'InUse',
        privateIps: [address],
        ipv6Ips: [],
      }));
      ecs.put('vpc-local', ...inUse);
    },
    stop: async () => undefined,
  };
});
