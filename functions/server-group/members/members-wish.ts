/** Reads what decides over the members of a Service: its endpoints, and nodes where a mode depends on them. */
import type { ServiceKey } from '#events/contract/messages.ts';
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import { readNodes } from '#shared/kube/node-reader.ts';
import { type MembersRule, needsNodes } from '#shared/model/members-source.ts';
import type { MembersWish } from '#shared/model/wanted-servers.ts';
import type { Workshop } from '#shared/step/workshop.ts';

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
