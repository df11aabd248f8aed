/**
 * The RAM policy of each function and of the forwarder: the union of what its nouns say they use, and the queues it sends to. Nothing else:
 * a step that has gone wrong cannot touch what another one keeps.
 */
import { loadBalancers } from '#functions/instance/load-balancers.ts';
import { listeners } from '#functions/listener/listeners.ts';
import { rules } from '#functions/rule/rules.ts';
import { groups } from '#functions/server-group/groups/groups.ts';
import { laneUses } from '#functions/server-group/members/lane.ts';
import { deadLetterQueue, queueOf, type StepName, steps } from '#shared/steps.ts';

/** Who runs with a policy of its own. */
export type Runner = StepName | 'forwarder';

/** Cloud actions by runner. `dispatch` and `sweep` read and write the cluster only. */
export const usesOf: Readonly<Record<Runner, readonly string[]>> = {
  forwarder: [],
  dispatch: [],
  instance: loadBalancers.uses,
  'server-group': [...groups.uses, ...laneUses],
  listener: listeners.uses,
  rule: rules.uses,
  sweep: [],
};

const allQueues = steps.flatMap(({ queue }) => (queue === undefined ? [] : [queue]));

/** Queues by runner. A step may hand over to any other: a wish that has changed its mind starts over at the top. */
const queuesOf = (runner: Runner): readonly string[] => {
  if (runner === 'forwarder') return [queueOf('dispatch'), queueOf('server-group')];
  return [...(runner === 'sweep' ? [queueOf('dispatch')] : allQueues), deadLetterQueue];
};

/** Actions of other products than ALB. */
const products: Readonly<Record<string, string>> = {
  DescribeInstances: 'ecs',
  DescribeNetworkInterfaces: 'ecs',
  DescribeVSwitches: 'vpc',
};

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

/** A policy document as RAM takes it. */
export interface Policy {
  readonly Version: '1';
  readonly Statement: readonly Statement[];
}

/** The policy of one runner. Which name the batch call of MNS is checked under is not documented, so both are there. */
export function policyOf(runner: Runner): Policy {
  const actions = [...new Set(usesOf[runner])].sort().map((action) => `${products[action] ?? 'alb'}:${action}`);
  const queues = queuesOf(runner).map((queue) => `acs:mns:*:*:/queues/${queue}/messages`);
  return {
    Version: '1',
    Statement: [
      ...(actions.length === 0 ? [] : [{ Effect: 'Allow', Action: actions, Resource: '*' } as const]),
      { Effect: 'Allow', Action: ['mns:SendMessage', 'mns:BatchSendMessage'], Resource: queues },
    ],
  };
}

/** A file each. */
export const ramFiles = [...steps.map(({ name }): Runner => name), 'forwarder' as const].map((runner) => ({
  path: `infra/deploy/generated/ram/${runner}.generated.json`,
  build: (): string => `${JSON.stringify(policyOf(runner), null, 2)}\n`,
}));
