/** What happens to an AlbConfig's ledger as a step goes along: pure, so that the crash tests can enumerate it. */
import { type ChainStep, chainSteps } from '#events/contract/messages.ts';
import type { AlbConfigLedger, StepLedger } from './record.ts';
import { tryStayingAgain } from './staying-groups.ts';

const withStep = (ledger: AlbConfigLedger, step: ChainStep, entry: StepLedger): AlbConfigLedger => ({
  ...ledger,
  steps: { ...ledger.steps, [step]: entry },
});

/** Steps whose things decide what rules may hold: the edition of an ALB, what a listener knows of its clients. */
const judges: ReadonlySet<ChainStep> = new Set(['instance', 'listener']);

/** Another ALB or listener may take the rules that were refused before. */
function tryRefusedAgain(ledger: AlbConfigLedger): AlbConfigLedger {
  const { refused, ...rest } = ledger;
  return refused === undefined ? ledger : withStep(rest, 'rule', {});
}

/**
 * What a pass that was cut short may have changed without a word, and no list that is read anyway tells: it is looked up. A second creation
 * with the same token is no way to learn of the first, because nobody says for how long the service remembers one.
 */
const doubted: Readonly<Partial<Record<ChainStep, Partial<AlbConfigLedger>>>> = {
  'server-group': { groups: {} },
  listener: { certificates: {} },
};

/** Before the first write: the verified hash goes, and a new intent gets a new incarnation. The same intent tried again keeps its own. */
export function beginStep(before: AlbConfigLedger, step: ChainStep, target: string): AlbConfigLedger {
  const former = before.steps[step];
  const sameIntent = former?.target === target;
  const known = former?.hash ?? former?.target;
  // A step that was only forgotten, to be looked at again, is no other than it was.
  const ledger = judges.has(step) && known !== undefined && known !== target ? tryRefusedAgain(before) : before;
  // What a person or a second reading agreed to was another wish's removal; what the service refused to let go it may let go by now.
  const { removalAsked: _another, uncleared: _then, ...rest } = ledger;
  const again = former?.target !== undefined;
  const begun = withStep(sameIntent ? ledger : rest, step, { target, ...(again ? { again } : {}) });
  return {
    ...begun,
    incarnation: sameIntent ? ledger.incarnation : ledger.incarnation + 1,
    untouched: ledger.untouched.filter((one) => one !== step),
    ...(again ? doubted[step] : {}),
    removed: false,
  };
}

/** Before a rule of direction Response can be made, what is recorded must no longer say that there is none. */
export function expectResponseRules(ledger: AlbConfigLedger): AlbConfigLedger {
  const { noResponseRules: _noMore, ...rest } = ledger;
  return rest;
}

/** Every write of the step was accepted. */
export const markApplied = (ledger: AlbConfigLedger, step: ChainStep): AlbConfigLedger =>
  withStep(ledger, step, { ...ledger.steps[step], applied: true });

const isVerified = (ledger: AlbConfigLedger, step: ChainStep): boolean =>
  !ledger.jobs.some((job) => job.step === step) && (step !== 'instance' || ledger.loadBalancer?.active === true);

/** Targets whose writes were accepted and whose jobs have all succeeded become hashes. */
export function settleSteps(ledger: AlbConfigLedger): AlbConfigLedger {
  let settled = ledger;
  for (const step of chainSteps) {
    const entry = settled.steps[step];
    if (entry?.applied === true && entry.target !== undefined && isVerified(settled, step)) {
      settled = withStep(settled, step, { hash: entry.target });
    }
  }
  return settled;
}

/**
 * A job failed, or what we remember proved wrong: the step is to look again, under a new intent. Without a new incarnation a deletion that
 * failed would be asked for with the same token again, and answered with the failed job for ever.
 */
export const forgetStep = (ledger: AlbConfigLedger, step: ChainStep): AlbConfigLedger => ({
  ...withStep(ledger, step, {}),
  incarnation: ledger.incarnation + 1,
  jobs: ledger.jobs.filter((job) => job.step !== step),
});

/** Something we remember is not there: everything but the balancer's id is looked up anew, by tags. */
export const forgetAll = (ledger: AlbConfigLedger): AlbConfigLedger => ({
  ...expectResponseRules(ledger),
  untouched: [],
  groups: {},
  listeners: {},
  certificates: {},
  jobs: [],
  steps: {},
});

/** The balancer that we made never came to be, or went because we wanted it: the next one is looked for by tags, then made. */
export function forgetLoadBalancer(ledger: AlbConfigLedger): AlbConfigLedger {
  // Another one may take what this one refused, and may hold rules that nobody here has made.
  const { loadBalancer: _gone, refused: _refused, ...rest } = expectResponseRules(ledger);
  return { ...forgetStep(rest, 'instance'), listeners: {}, groupsInRules: [] };
}

/**
 * Before the first deletion of everything: nothing is known to be applied any more, so a wish that comes back starts at the top; and a
 * balancer that is not there then is our own doing.
 */
export const beginRemoval = ({
  refusedGroups: _groups,
  refusedListeners: _listeners,
  stayingGroups: _tried,
  ...ledger
}: AlbConfigLedger): AlbConfigLedger => ({
  ...ledger,
  incarnation: ledger.incarnation + 1,
  steps: {},
  groups: {},
  listeners: {},
  groupsInRules: [],
  ...(ledger.loadBalancer === undefined ? {} : { loadBalancer: { ...ledger.loadBalancer, leaving: true } }),
});

/** Stands for a step's target where the whole AlbConfig is to go. */
export const everything = 'everything';

/** The AlbConfig is there after all: another time that it is not begins with doubt again. */
export function dropDoubt(ledger: AlbConfigLedger): AlbConfigLedger {
  const { removalAsked, ...rest } = ledger;
  return removalAsked?.target === everything ? rest : ledger;
}

/** Whether that was done already. */
export const isRemovalBegun = (ledger: AlbConfigLedger): boolean =>
  Object.keys(ledger.steps).length === 0 && (ledger.loadBalancer === undefined || ledger.loadBalancer.leaving === true);

/** Drift is looked for by reading what the chain keeps anew; the balancer itself is met on the way. What would not go is tried once more. */
export const forgetContents = (ledger: AlbConfigLedger): AlbConfigLedger => ({
  ...tryStayingAgain(ledger),
  groups: {},
  listeners: {},
  certificates: {},
  steps: ledger.steps.instance === undefined ? {} : { instance: ledger.steps.instance },
});

/** Nothing is under way: no job unverified, no target unfinished. */
export const isQuiet = (ledger: AlbConfigLedger): boolean =>
  ledger.jobs.length === 0 && chainSteps.every((step) => ledger.steps[step]?.target === undefined);
