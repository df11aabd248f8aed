/** One change at a time (ALB reference 3.6): what has to be at rest before something may be changed. */
import type { Acting } from './cloud.ts';
import type { ListenerRecord, LoadBalancerRecord, RuleRecord, ServerGroupRecord } from './records.ts';
import { refuse } from './refusals.ts';

function checkBusiness(acting: Acting, loadBalancerId: string): void {
  if (acting.cloud.settings().businessStatus === 'Abnormal') {
    throw refuse(acting.action, 'IncorrectBusinessStatus.LoadBalancer', `${loadBalancerId} is locked`);
  }
}

/** The load balancer, if it is there. */
export function needLoadBalancer(acting: Acting, id: string): LoadBalancerRecord {
  const found = acting.cloud.state.loadBalancers.get(id);
  if (found === undefined) throw refuse(acting.action, 'ResourceNotFound.LoadBalancer', `${id} is not there`);
  return found;
}

/** The load balancer, if it may be changed now. */
export function needActive(acting: Acting, id: string, allowed: readonly string[] = ['Active']): LoadBalancerRecord {
  const found = needLoadBalancer(acting, id);
  if (!allowed.includes(found.status)) throw refuse(acting.action, 'IncorrectStatus.LoadBalancer', `${id} is ${found.status}`);
  checkBusiness(acting, id);
  return found;
}

/** The listener, if it is there. */
export function needListener(acting: Acting, id: string): ListenerRecord {
  const found = acting.cloud.state.listeners.get(id);
  if (found === undefined) throw refuse(acting.action, 'ResourceNotFound.Listener', `${id} is not there`);
  return found;
}

function checkAtRest(acting: Acting, listener: ListenerRecord): void {
  if (listener.status === 'Provisioning' || listener.status === 'Deleting') {
    throw refuse(acting.action, 'IncorrectStatus.Listener', `${listener.id} is ${listener.status}`);
  }
  if (listener.status === 'Configuring' || listener.rulesChanging) {
    throw refuse(acting.action, 'ResourceInConfiguring.Listener', `${listener.id} is being changed`);
  }
}

/** The listener, if it may be changed now. */
export function needListenerAtRest(acting: Acting, id: string): ListenerRecord {
  const found = needListener(acting, id);
  needActive(acting, found.loadBalancerId);
  checkAtRest(acting, found);
  return found;
}

/** The listener, if its rules may be changed now: they lock it whole. */
export function needListenerForRules(acting: Acting, id: string): ListenerRecord {
  const found = needListener(acting, id);
  const loadBalancer = acting.cloud.state.loadBalancers.get(found.loadBalancerId);
  if (loadBalancer?.status !== 'Active') {
    throw refuse(acting.action, 'VipStatusNotSupport', `${found.loadBalancerId} is ${loadBalancer?.status ?? 'gone'}`);
  }
  checkBusiness(acting, found.loadBalancerId);
  checkAtRest(acting, found);
  return found;
}

/** The rule, if it is there. */
export function needRule(acting: Acting, id: string): RuleRecord {
  const found = acting.cloud.state.rules.get(id);
  if (found === undefined) throw refuse(acting.action, 'ResourceNotFound.Rule', `${id} is not there`);
  return found;
}

/** The group, if it is there and stays. */
export function needServerGroup(acting: Acting, id: string): ServerGroupRecord {
  const found = acting.cloud.state.serverGroups.get(id);
  if (found === undefined) throw refuse(acting.action, 'ResourceNotFound.ServerGroup', `${id} is not there`);
  return found;
}

/** The group, if it may be changed now. */
export function needServerGroupAtRest(acting: Acting, id: string, allowed: readonly string[] = ['Available']): ServerGroupRecord {
  const found = needServerGroup(acting, id);
  if (!allowed.includes(found.status)) throw refuse(acting.action, 'IncorrectStatus.ServerGroup', `${id} is ${found.status}`);
  return found;
}

/** Being created; what that is called is a switch. */
export const isNew = ({ status }: Pick<ServerGroupRecord, 'status'>): boolean => status === 'Creating' || status === 'Provisioning';
