/** Reads what decides over the members of a Service: its endpoints, and nodes where a mode depends on them. */
import type { ServiceKey } from '#events/contract/messages.ts';
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import type { Kube } from '#shared/kube/port.ts';
import { type MembersRule, needsNodes } from '#shared/model/members-source.ts';
import { type Node, type NodeFacts, nodeFactsOf } from '#shared/model/nodes.ts';
import type { MembersWish } from '#shared/model/wanted-servers.ts';
import type { Workshop } from '#shared/step/workshop.ts';

/** Every node, in one list. */
export const readNodes = async (kube: Kube): Promise<readonly NodeFacts[]> => (await kube.list<Node>('Node')).items.map(nodeFactsOf);

/** Both anew; nodes only where a rule asks for them. */
export async function readMembersWish(
  { namespace, name }: ServiceKey,
  rules: readonly MembersRule[],
  { kube }: Pick<Workshop, 'kube'>,
): Promise<Pick<MembersWish, 'endpoints' | 'nodes'>> {
  const [endpoints, nodes] = await Promise.all([
    readEndpoints(kube, namespace, name),
    rules.some(needsNodes) ? readNodes(kube) : Promise.resolve([]),
  ]);
  return { endpoints, nodes };
}
