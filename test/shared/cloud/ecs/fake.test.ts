import { ecsContract } from '../../../contract/ecs.ts';
import { createFakeEcs } from '../../../support/fake-ecs.ts';

ecsContract('fake', async () => {
  const ecs = createFakeEcs();
  return {
    ecs,
    vpcId: 'vpc-local',
    hold: async (interfaces) => {
      for (const networkInterfaceId of new Set(interfaces.map((one) => one.networkInterfaceId))) {
        const mine = interfaces.filter((one) => one.networkInterfaceId === networkInterfaceId);
        const addresses = mine.map((one) => one.address);
        const privateIps = addresses.filter((one) => !one.includes(':'));
        ecs.put('vpc-local', { networkInterfaceId, status: 'InUse', privateIps, ipv6Ips: addresses.filter((one) => one.includes(':')) });
        const instanceId = mine[0]?.instanceId;
        if (instanceId !== undefined) ecs.putInstances('vpc-local', { instanceId, privateIps });
      }
    },
    stop: async () => undefined,
  };
});
