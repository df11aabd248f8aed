/** Actions of a rule as the service takes them: numbered, and naming groups by their ids. */
import type { RuleAction } from '#shared/cloud/alb/port.ts';
import type { GroupRef, RuleActionSpec, RuleSpec } from '#shared/model/stack.ts';
import type { Scene } from '#shared/step/scene.ts';

function actionOf(action: RuleActionSpec, order: number, idOf: (ref: GroupRef) => string): RuleAction {
  if (action.type === 'ForwardGroup') {
    const { groups, stickiness } = action;
    const serverGroupTuples = groups.map((ref) => ({ serverGroupId: idOf(ref), weight: ref.weight }));
    const sticky = stickiness === undefined ? {} : { serverGroupStickySession: stickiness };
    return { type: action.type, order, forwardGroupConfig: { serverGroupTuples, ...sticky } };
  }
  if (action.type === 'TrafficMirror') {
    const serverGroupTuples = action.groups.map((ref) => ({ serverGroupId: idOf(ref) }));
    return {
      type: action.type,
      order,
      trafficMirrorConfig: { targetType: 'ForwardGroupMirror', mirrorGroupConfig: { serverGroupTuples } },
    };
  }
  return { ...action, order };
}

/** Groups of the stack have their ids in the ledger; others were named by id. */
export const actionsOf = (spec: RuleSpec, { ledger }: Scene): readonly RuleAction[] =>
  spec.actions.map((action, index) => actionOf(action, index + 1, (ref) => ref.serverGroupId ?? ledger.groups[ref.group] ?? ''));
