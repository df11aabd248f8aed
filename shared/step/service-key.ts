/** The key of the Service whose endpoints make the members of a group: what its record and its lane go by. */
import type { ServiceKey } from '#events/contract/messages.ts';
import type { MembersSource } from '#shared/model/members-source.ts';

export const serviceKeyOf = (cluster: string, { namespace, service }: Pick<MembersSource, 'namespace' | 'service'>): ServiceKey => ({
  kind: 'Service',
  cluster,
  namespace,
  name: service,
});

/** Of `namespace/name`. */
export function serviceKeyOfText(cluster: string, text: string): ServiceKey {
  const [namespace = '', service = ''] = text.split('/');
  return serviceKeyOf(cluster, { namespace, service });
}
