/** Forwarding rules: created, updated and deleted in batches, and any change of them locks their listener whole. */
import type { Acting, Cloud } from './cloud.ts';
import { needListenerForRules, needRule } from './gate.ts';
import { newId } from './ids.ts';
import { hasTags, isAmong, type PageParameters, pageOf, type TagFilter } from './listing.ts';
import { keptTags } from './load-balancers.ts';
import { read, write } from './operations.ts';
import type { JobRecord, ListenerRecord, RuleAction, RuleAttributes, RuleCondition, RuleRecord } from './records.ts';
import { groupsOfRule, linger } from './references.ts';
import { refuse } from './refusals.ts';
import { keptActions } from './rule-actions.ts';
import { checkRuleQuotas, checkRules } from './rule-checks.ts';
import { spelledOut } from './rule-listing.ts';
import { checkPriorities } from './rule-priorities.ts';

export interface RuleRequest {
  readonly RuleName: string;
  readonly Priority: number;
  readonly RuleConditions: readonly RuleCondition[];
  readonly RuleActions: readonly RuleAction[];
  readonly Direction?: RuleRecord['direction'];
  readonly Tag?: readonly { readonly Key: string; readonly Value?: string }[];
}

const attributesOf = (request: RuleRequest): RuleAttributes => ({
  RuleName: request.RuleName,
  Priority: request.Priority,
  RuleConditions: request.RuleConditions,
  RuleActions: keptActions(request.RuleActions),
});

/** A change of rules of one listener, which is locked until it ends. */
function changeRules(
  acting: Acting,
  listener: ListenerRecord,
  change: {
    readonly operateType: JobRecord['operateType'];
    readonly resourceId: string;
    readonly takesMs: number;
    readonly done: () => void;
    readonly undone: () => void;
  },
): string {
  const { cloud } = acting;
  const status = cloud.settings().listenerStatusDuringRules === 'Configuring' ? 'Configuring' : listener.status;
  const unlock = () =>
    cloud.state.listeners.change(listener.id, (one) => ({
      ...one,
      rulesChanging: false,
      status: one.status === 'Configuring' ? one.rest : one.status,
    }));
  cloud.state.listeners.put({ ...listener, status, rulesChanging: true });
  return cloud.jobs.start({
    apiName: acting.action,
    operateType: change.operateType,
    resourceType: 'rule',
    resourceId: change.resourceId,
    takesMs: change.takesMs,
    failWith: acting.failJobWith,
    done: () => {
      change.done();
      unlock();
    },
    undone: () => {
      change.undone();
      unlock();
    },
  });
}

function createAll(listenerId: string, requests: readonly RuleRequest[], acting: Acting) {
  const { cloud } = acting;
  const listener = needListenerForRules(acting, listenerId);
  const drafts = requests.map((request) => ({
    id: newId('rule'),
    direction: request.Direction ?? ('Request' as const),
    tags: keptTags(request.Tag),
    attributes: attributesOf(request),
  }));
  checkRuleQuotas(acting, listener, drafts.length);
  checkPriorities(acting, listener.id, drafts);
  checkRules(acting, listener, drafts);
  return () => {
    for (const { id, direction, tags, attributes } of drafts) {
      cloud.state.rules.put({
        id,
        seq: cloud.state.nextSeq(),
        createdAt: cloud.clock.now(),
        status: 'Provisioning',
        tags,
        listenerId: listener.id,
        loadBalancerId: listener.loadBalancerId,
        direction,
        shown: attributes,
        inForce: undefined,
      });
    }
    const JobId = changeRules(acting, listener, {
      operateType: 'Create',
      resourceId: drafts[0]?.id ?? '',
      takesMs: cloud.settings().times.ruleMs,
      done: () => {
        for (const { id } of drafts) cloud.state.rules.change(id, (one) => ({ ...one, status: 'Available', inForce: one.shown }));
      },
      undone: () => {
        for (const { id } of drafts) cloud.state.rules.change(id, (one) => ({ ...one, status: 'CreateFailed' }));
      },
    });
    return { JobId, rules: drafts };
  };
}

function create(parameters: RuleRequest & { readonly ListenerId: string }, acting: Acting) {
  const work = createAll(parameters.ListenerId, [parameters], acting);
  return () => {
    const { JobId, rules } = work();
    return { JobId, RuleId: rules[0]?.id };
  };
}

function createMany(parameters: { readonly ListenerId: string; readonly Rules: readonly RuleRequest[] }, acting: Acting) {
  const work = createAll(parameters.ListenerId, parameters.Rules, acting);
  return () => {
    const { JobId, rules } = work();
    return { JobId, RuleIds: rules.map((rule) => ({ Priority: rule.attributes.Priority, RuleId: rule.id })) };
  };
}

interface RuleUpdate extends Partial<Omit<RuleRequest, 'Direction' | 'Tag'>> {
  readonly RuleId: string;
}

function needChangeable(acting: Acting, ruleId: string, allowed: readonly string[]): RuleRecord {
  const record = needRule(acting, ruleId);
  // While its listener is locked, that is the answer: it tells the caller what to wait for.
  needListenerForRules(acting, record.listenerId);
  if (!allowed.includes(record.status)) throw refuse(acting.action, 'IncorrectStatus.Rule', `${ruleId} is ${record.status}`);
  return record;
}

const changed = (record: RuleRecord, request: RuleUpdate): RuleAttributes => ({
  RuleName: request.RuleName ?? record.shown.RuleName,
  Priority: request.Priority ?? record.shown.Priority,
  RuleConditions: request.RuleConditions ?? record.shown.RuleConditions,
  RuleActions: request.RuleActions === undefined ? record.shown.RuleActions : keptActions(request.RuleActions),
});

function updateAll(requests: readonly RuleUpdate[], acting: Acting) {
  const { cloud } = acting;
  const records = requests.map((request) => needChangeable(acting, request.RuleId, ['Available']));
  const drafts = records.map((record, index) => ({
    record,
    id: record.id,
    direction: record.direction,
    attributes: changed(record, requests[index] ?? { RuleId: record.id }),
  }));
  const [first] = drafts;
  if (first === undefined || drafts.some((one) => one.record.listenerId !== first.record.listenerId)) {
    throw refuse(acting.action, 'OperationDenied.ListenerIdInconsistent', 'Rules');
  }
  const listener = needListenerForRules(acting, first.record.listenerId);
  checkPriorities(acting, listener.id, drafts);
  checkRules(acting, listener, drafts);
  return () => {
    for (const { record, attributes } of drafts) cloud.state.rules.put({ ...record, status: 'Configuring', shown: attributes });
    const settle = (attributes: RuleAttributes, id: string) =>
      cloud.state.rules.change(id, (one) => ({ ...one, status: 'Available', shown: attributes, inForce: attributes }));
    const JobId = changeRules(acting, listener, {
      operateType: 'Update',
      resourceId: first.id,
      takesMs: cloud.settings().times.ruleMs,
      done: () => {
        for (const { id, attributes } of drafts) settle(attributes, id);
      },
      undone: () => {
        for (const { id, record } of drafts) settle(record.shown, id);
      },
    });
    return { JobId };
  };
}

function removeAll(ruleIds: readonly string[], acting: Acting) {
  const { cloud } = acting;
  const deletable = acting.cloud.settings().failedRules === 'kept' ? ['Available'] : ['Available', 'CreateFailed'];
  const records = [...new Set(ruleIds)].map((ruleId) => needChangeable(acting, ruleId, deletable));
  if (new Set(records.map((record) => record.loadBalancerId)).size > 1) {
    throw refuse(acting.action, 'OperationDenied.CrossLoadBalancerRules', 'RuleIds');
  }
  return () => {
    for (const record of records) cloud.state.rules.put({ ...record, status: 'Deleting' });
    const listenerIds = [...new Set(records.map((record) => record.listenerId))];
    const jobs = listenerIds.flatMap((listenerId) => {
      const listener = cloud.state.listeners.get(listenerId);
      return listener === undefined
        ? []
        : [
            removeOf(
              acting,
              listener,
              records.filter((record) => record.listenerId === listenerId),
            ),
          ];
    });
    return { JobId: jobs[0] };
  };
}

function vanish(cloud: Cloud, record: RuleRecord): void {
  linger(cloud, groupsOfRule(record));
  cloud.state.rules.remove(record.id);
}

const removeOf = (acting: Acting, listener: ListenerRecord, records: readonly RuleRecord[]): string =>
  changeRules(acting, listener, {
    operateType: 'Delete',
    resourceId: records[0]?.id ?? '',
    takesMs: acting.cloud.settings().times.deleteMs,
    done: () => {
      for (const record of records) vanish(acting.cloud, record);
    },
    undone: () => {
      for (const record of records) acting.cloud.state.rules.change(record.id, (one) => ({ ...one, status: record.status }));
    },
  });

/** A rule as ListRules answers it. */
export const showRule = (record: RuleRecord): Readonly<Record<string, unknown>> => ({
  ...record.shown,
  RuleId: record.id,
  RuleStatus: record.status,
  Direction: record.direction,
  ListenerId: record.listenerId,
  LoadBalancerId: record.loadBalancerId,
  Tags: record.tags,
});

interface ListRequest extends PageParameters {
  readonly ListenerIds?: readonly string[];
  readonly LoadBalancerIds?: readonly string[];
  readonly RuleIds?: readonly string[];
  readonly Direction?: string;
  readonly Tag?: readonly TagFilter[];
}

const matches = (record: RuleRecord, wanted: ListRequest): boolean =>
  isAmong(wanted.ListenerIds, record.listenerId) &&
  isAmong(wanted.LoadBalancerIds, record.loadBalancerId) &&
  isAmong(wanted.RuleIds, record.id) &&
  record.direction === (wanted.Direction ?? 'Request') &&
  hasTags(record.tags, wanted.Tag);

/** Actions on rules. */
export const ruleOperations = [
  write('CreateRule', create),
  write('CreateRules', createMany),
  write<RuleUpdate>('UpdateRuleAttribute', (parameters, acting) => updateAll([parameters], acting)),
  write<{ readonly Rules: readonly RuleUpdate[] }>('UpdateRulesAttribute', ({ Rules }, acting) => updateAll(Rules, acting)),
  write<{ readonly RuleId: string }>('DeleteRule', ({ RuleId }, acting) => removeAll([RuleId], acting)),
  write<{ readonly RuleIds: readonly string[] }>('DeleteRules', ({ RuleIds }, acting) => removeAll(RuleIds, acting)),
  read<ListRequest>('ListRules', (parameters, { cloud }) =>
    pageOf(
      'Rules',
      cloud.state.rules.all().filter((record) => matches(record, parameters)),
      parameters,
      (record) => showRule(cloud.settings().listedRules === 'spelled-out' ? { ...record, shown: spelledOut(record.shown) } : record),
    ),
  ),
];
