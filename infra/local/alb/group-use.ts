/** Whether a server group may be named by a listener or rule. */
import type { Acting } from './cloud.ts';
import { isNew, needServerGroup } from './gate.ts';
import { checkEdition } from './group-checks.ts';
import type { ListenerAttributes, ListenerRecord, LoadBalancerRecord, ServerGroupRecord } from './records.ts';
import { refuse } from './refusals.ts';

/** A listener as far as it decides which groups may stand behind it. */
export interface Carrier extends Pick<ListenerRecord, 'protocol'> {
  readonly shown: Pick<ListenerAttributes, 'Http2Enabled'>;
}

/** Behind which listeners groups of a protocol may stand (annotations 1.3.1). */
const carries: Readonly<Record<ServerGroupRecord['protocol'], (listener: Carrier) => boolean>> = {
  HTTP: () => true,
  HTTPS: ({ protocol }) => protocol === 'HTTPS',
  // HTTPS speaks HTTP/2 unless that is switched off; QUIC brings its own version of HTTP.
  GRPC: ({ protocol, shown }) => protocol !== 'HTTP' && shown.Http2Enabled !== false,
};

const misfitOf = (group: ServerGroupRecord, action: string): string => {
  if (group.protocol === 'GRPC') return 'OperationDenied.GRPCServerGroup';
  return action.includes('Listener') ? 'OperationDenied.ServerGroupProtocolNotSupport' : 'Mismatch.Protocol';
};

/** Refuses a group that speaks what this listener cannot carry. */
export function checkCarried(acting: Acting, group: ServerGroupRecord, listener: Carrier): void {
  if (!carries[group.protocol](listener)) {
    throw refuse(acting.action, misfitOf(group, acting.action), `${group.id} speaks ${group.protocol}`);
  }
}

/** The group, if this listener of this load balancer may use it. */
export function needUsableGroup(
  acting: Acting,
  groupId: string,
  by: { readonly loadBalancer: LoadBalancerRecord; readonly listener: Carrier },
): ServerGroupRecord {
  const group = needServerGroup(acting, groupId);
  if (group.status === 'Deleting') throw refuse(acting.action, 'ResourceNotFound.ServerGroup', `${groupId} is being deleted`);
  if (isNew(group) && !acting.cloud.settings().creatingGroupMayBeReferred) {
    throw refuse(acting.action, 'IncorrectStatus.ServerGroup', `${groupId} is ${group.status}`);
  }
  if (group.vpcId !== '' && group.vpcId !== by.loadBalancer.shown.VpcId) {
    throw refuse(
      acting.action,
      'Mismatch.VpcId',
      `${groupId} is in ${group.vpcId}, ${by.loadBalancer.id} in ${by.loadBalancer.shown.VpcId}`,
    );
  }
  checkCarried(acting, group, by.listener);
  checkEdition(acting, group, by.loadBalancer);
  return group;
}
