import { vpcContract } from '../../../contract/vpc.ts';
import { createFakeVpc } from '../../../support/fake-vpc.ts';

vpcContract('fake', async () => ({ vpc: createFakeVpc(), vpcId: 'vpc-local', stop: async () => undefined }));
