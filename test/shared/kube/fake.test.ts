import { kubeContract } from '#test/contract/kube.ts';
import { createFakeKube } from '#test/support/fake-kube.ts';

kubeContract('in memory', async () => ({ kube: createFakeKube(), stop: async () => undefined }));
