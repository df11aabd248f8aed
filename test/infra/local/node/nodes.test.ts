import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import { startCluster } from './cluster.ts';
import { nodesBehaviour } from './nodes-behaviour.ts';

nodesBehaviour('several local nodes on the embedded API', () =>
  startCluster((dir) => startKubernetes({ dir }), { deployments: true, nodes: 2, virtualNode: true }),
);
