/**
 * What the references leave open, each other way than the emulator has it by default. A run of the scenarios under one of these
 * (`ALB_SWITCHES=<name>`) must come to the same end: the product may rely on none of them.
 */
import { changeSettings } from '#infra/local/alb/settings.ts';

/** Settings of the emulated ALB by the name of what is turned. */
export const switches = {
  'tokens forgotten at once': { clientTokenLifetimeMs: 0 },
  'tokens of the whole account': { clientTokenScope: 'account' },
  'priorities checked after each rule': { updatePriorityCheck: 'each-step' },
  'references gone at once': { referenceLingerMs: 0 },
  'references that linger': { referenceLingerMs: 10_000 },
  'groups that take servers at once': { creatingGroupAcceptsServers: true },
  'groups that must be there before they are named': { creatingGroupMayBeReferred: false },
  'broken expressions accepted': { brokenExpressions: 'accepted' },
  'rules listed in other words': { listedRules: 'spelled-out' },
  'listeners Running while rules change': { listenerStatusDuringRules: 'Running' },
  'balancers busy with their listeners': { listenersLockLoadBalancer: true },
  'longer pages of servers': { maxResultsServers: 1000 },
  'work done at once': { times: allTimes(0) },
  'slow work': { times: allTimes(4000) },
  'few writes': { writeRate: { calls: 2, perMs: 1000 }, throttleCode: 'Throttling', throttleStatus: 503 },
  'unhealthy servers tried all the same': { dataPlane: { whenAllUnhealthy: 'forward' } },
  'no second try of a server': { dataPlane: { connectRetries: 0 } },
  'limits with a burst': { dataPlane: { trafficLimitBurst: 10 } },
  'usual ports left out of redirects': { dataPlane: { redirectUsualPort: 'left-out' } },
  'another cookie for groups': { dataPlane: { groupCookie: 'SERVERGROUP' } },
  'missing references as empty headers': { dataPlane: { missingReference: 'empty' } },
  'preflights answered 204': { dataPlane: { corsPreflightStatus: 204 } },
  'foreign preflights forwarded': { dataPlane: { corsForeignPreflight: 'forward' } },
  'negative ages left out': { dataPlane: { corsNegativeMaxAge: 'left-out' } },
  'every rule for responses': { dataPlane: { responseRules: 'every' } },
  'own answers under rules for responses': { dataPlane: { responseRulesOnOwnAnswers: true } },
} as const satisfies Readonly<Record<string, unknown>>;

/** Not turned, because no client can be right under the other value: `businessStatus` (every write is refused). */
export type SwitchName = keyof typeof switches;

function allTimes(ms: number) {
  return {
    loadBalancerMs: ms,
    loadBalancerUpdateMs: ms,
    listenerMs: ms,
    ruleMs: ms,
    serverGroupMs: ms,
    serversMs: ms,
    deleteMs: ms,
  };
}

const isSwitch = (name: string): name is SwitchName => name in switches;

/** The settings that this process was asked to run scenarios under: names of switches, separated by commas. */
export function switchesOfProcess(): readonly unknown[] {
  const asked = process.env['ALB_SWITCHES'] ?? '';
  return asked
    .split(',')
    .filter((name) => name !== '')
    .map((name) => {
      if (!isSwitch(name)) throw new Error(`no switch is called ${name}`);
      return switches[name];
    });
}

/** A scenario's own settings over those of the process: what a scenario asserts of a switch, it pins. */
export const settingsUnderTest = (own: unknown): unknown =>
  [...switchesOfProcess(), own].reduce<ReturnType<typeof changeSettings> | undefined>(
    (settings, patch) => changeSettings(settings, patch),
    undefined,
  );
