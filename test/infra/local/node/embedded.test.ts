import { startKubernetes } from '#infra/local/kubernetes/server.ts';
import { startCluster } from './cluster.ts';
import { nodeBehaviour } from './node-behaviour.ts';

nodeBehaviour('the local node on the embedded API', () => startCluster((dir) => startKubernetes({ dir }), { deployments: true }));
