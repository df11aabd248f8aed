/** Nodes, as far as they decide over the members of server groups. */
import { type Node, type NodeFacts, nodeFactsOf } from '#shared/model/nodes.ts';
import type { Kube } from './port.ts';

/** Every node, in one list. */
export const readNodes = async (kube: Kube): Promise<readonly NodeFacts[]> => (await kube.list<Node>('Node')).items.map(nodeFactsOf);
