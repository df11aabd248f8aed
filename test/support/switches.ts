/**
 * What the references leave open, each other way than the emulator has it by default. A run of the scenarios under one of these
 * (`ALB_SWITCHES=<name>`) must come to the same end: the product may rely on none of them.
 */
import { changeSettings } from '#infra/local/alb/settings.ts';
import { rowsOfPairs } from './switch-rows.ts';

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
  'mirrors before CORS': { mirrorBeforeCors: 'mirror-first' },
  'rules listed in other words': { listedRules: 'spelled-out' },
  'listeners Running while rules change': { listenerStatusDuringRules: 'Running' },
  'balancers busy with their listeners': { listenersLockLoadBalancer: true },
  'new groups called Provisioning': { newGroupStatus: 'Provisioning' },
  'persistent connections said once only': { keepaliveRestated: 'refused' },
  'removed servers listed while they drain': { drainingServers: 'listed' },
  'draining servers in configuration': { readdedServers: 'configuring' },
  'draining servers in conflict': { readdedServers: 'conflict' },
  'one name for an address': { addressUnderTwoNames: 'refused' },
  'failed work on servers half done': { failedServerJobs: 'half-done' },
  'longer pages of servers': { maxResultsServers: 1000 },
  'work done at once': { times: allTimes(0) },
  'slow work': { times: allTimes(4000) },
  'few writes': { writeRate: { calls: 2, perMs: 1000 }, throttleCode: 'Throttling', throttleStatus: 503 },
  'few reads': { readRate: { calls: 5, perMs: 1000 } },
  'writes counted together': { writeRate: { calls: 4, perMs: 1000 }, writeRateScope: 'account' },
  'unhealthy servers tried all the same': { dataPlane: { whenAllUnhealthy: 'forward' } },
  'groups without weight not probed': { dataPlane: { weightlessGroups: 'not-probed' } },
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
} satisfies Readonly<Record<string, unknown>>;

/**
 * Not among them, because what is wanted cannot be had under the other value: `businessStatus` (every write is refused) and
 * `hostExpressions` (an Ingress with such a host is refused, and named). Nor is `failedRules`, which leaves rules behind: `failed-jobs.test.ts`.
 */
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
export const switchNames = Object.keys(switches).filter((name) => isSwitch(name));

/** All ways to choose five rows: any two of them have two rows in common, and none is within another. */
const fives: readonly (readonly number[])[] = Array.from({ length: 2 ** rowsOfPairs.length }, (_, bits) =>
  rowsOfPairs.filter((row) => (bits >> (row - 1)) % 2 === 1),
).filter((rows) => rows.length === 5);

/** Each switch is on in five rows, no two in the same five. Of two that turn one setting in different ways, the later one wins. */
export const switchesOfRow = (row: number): readonly SwitchName[] => switchNames.filter((_, index) => fives[index]?.includes(row) === true);

/** The settings that this process was asked to run scenarios under: names of switches, or `row 1` to `row 8`, separated by commas. */
function switchesOfProcess(): readonly unknown[] {
  const asked = (process.env['ALB_SWITCHES'] ?? '').split(',').filter((name) => name !== '');
  const turned = asked.flatMap((name): readonly string[] => (/^row [1-8]$/.test(name) ? switchesOfRow(Number(name.slice(4))) : [name]));
  return turned.map((name) => {
    if (!isSwitch(name)) throw new Error(`no switch is called ${name}`);
    return switches[name];
  });
}

const settingsOf = (patches: readonly unknown[]): unknown =>
  patches.reduce<ReturnType<typeof changeSettings> | undefined>((settings, patch) => changeSettings(settings, patch), undefined);

/** Settings with all switches of a row turned. */
export const settingsOfRow = (row: number): unknown => settingsOf(switchesOfRow(row).map((name) => switches[name]));

/** A scenario's own settings over those of the process: what a scenario asserts of a switch, it pins. */
export const settingsUnderTest = (own: unknown): unknown => settingsOf([...switchesOfProcess(), own]);
