/** What happens to an AlbConfig's ledger as a step goes along: pure, so that the crash tests can enumerate it. */
import { type ChainStep, chainSteps } from '#events/contract/messages.ts';
import type { AlbConfigLedger, StepLedger } from './record.ts';

const withStep = (ledger: AlbConfigLedger, step: ChainStep, entry: StepLedger): AlbConfigLedger => ({
  ...ledger,
  steps: { ...ledger.steps, [step]: entry },
});

/** Before the first write: the verified hash goes, and a new intent gets a new incarnation. The same intent tried again keeps its own. */
export function beginStep(ledger: AlbConfigLedger, step: ChainStep, target: string): AlbConfigLedger {
  const sameIntent = ledger.steps[step]?.target === target;
  const begun = withStep(ledger, step, { target });
  return {
    ...begun,
    incarnation: sameIntent ? ledger.incarnation : ledger.incarnation + 1,
    untouched: ledger.untouched.filter((one) => one !== step),
    removed: false,
  };
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

/** A job failed, or what we remember proved wrong: the step is to look again, under a new intent. */
export const forgetStep = (ledger: AlbConfigLedger, step: ChainStep): AlbConfigLedger => ({
  ...withStep(ledger, step, {}),
  jobs: ledger.jobs.filter((job) => job.step !== step),
});

/** Something we remember is not there: everything but the balancer's id is looked up anew, by tags. */
export const forgetAll = (ledger: AlbConfigLedger): AlbConfigLedger => ({
  ...ledger,
  untouched: [],
  groups: {},
  listeners: {},
  jobs: [],
  steps: {},
});

/** Drift is looked for by reading what the chain keeps anew; the balancer itself is met on the way. */
export const forgetContents = (ledger: AlbConfigLedger): AlbConfigLedger => ({
  ...ledger,
  groups: {},
  listeners: {},
  steps: ledger.steps.instance === undefined ? {} : { instance: ledger.steps.instance },
});

/** Nothing is under way: no job unverified, no target unfinished. */
export const isQuiet = (ledger: AlbConfigLedger): boolean =>
  ledger.jobs.length === 0 && chainSteps.every((step) => ledger.steps[step]?.target === undefined);
