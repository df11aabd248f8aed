/** Everything one run of a step knows, and the part of it that nouns see. */
import { type AlbConfigKey, type ChainStep, keyText, type Message, type StepRequested } from '#events/contract/messages.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import type { Stack } from '#shared/model/stack.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import type { Wish } from '#shared/model/wish.ts';
import { finalizer, shortHash } from '#shared/ownership.ts';
import type { ObjectRef, Problem } from '#shared/problem.ts';
import type { StepHashes } from './chain.ts';
import type { Claim } from './claim.ts';
import { guardWrites } from './guard.ts';
import type { Noun } from './noun.ts';
import type { AlbConfigLedger } from './record.ts';
import { withoutWithheldShares } from './refused-groups.ts';
import type { Scene } from './scene.ts';
import { serviceRecords } from './service-records.ts';
import type { Send, Workshop } from './workshop.ts';

export interface StepDefinition {
  readonly name: ChainStep;
  /** In the order in which they are applied; removed in the other. */
  readonly nouns: readonly Noun[];
}

/** What a run begins with. */
export interface Beginning {
  readonly step: StepDefinition;
  readonly request: StepRequested;
  readonly at: Workshop;
  readonly claim: Claim<AlbConfigLedger>;
}

export interface Run extends Beginning {
  readonly wish: Wish;
  readonly stack: Stack;
  readonly hashes: StepHashes;
  readonly scene: Scene;
  readonly problems: readonly Problem[];
  readonly sends: readonly Send[];
  /** Writes that the service has accepted in this run. */
  readonly progress: { readonly writes: number };
}

export const refOf = (key: AlbConfigKey): ObjectRef => ({ kind: 'AlbConfig', namespace: '', name: key.name });

/** The run over `wish`; its ledger is that of the claim until a noun remembers something. */
export function openRun(beginning: Beginning, wish: Wish): Run {
  const { step, request, at, claim } = beginning;
  const stack = buildStack(wish, at.site);
  let ledger: AlbConfigLedger = claim.record.ledger;
  const problems: Problem[] = [];
  const sends: Send[] = [];
  const progress = { writes: 0 };
  const covers = (ms: number): boolean => claim.covers(ms) && at.hasTime(ms);
  const scene: Scene = {
    get stack() {
      return withoutWithheldShares(stack, ledger);
    },
    site: at.site,
    cloud: { ...at.cloud, alb: guardWrites(at.cloud.alb, at.callMs, covers, () => (progress.writes += 1)) },
    records: at.records,
    services: serviceRecords(at.records),
    phase: request.phase,
    fresh: ledger.untouched.includes(step.name),
    firstEver: !(wish.albConfig?.metadata.finalizers ?? []).includes(finalizer),
    get ledger() {
      return ledger;
    },
    remember: (change) => {
      ledger = change(ledger);
    },
    token: (what, body) =>
      `${shortHash(`${keyText(request.key)}|${claim.record.life}|${what}`)}-${ledger.incarnation}-${shortHash(JSON.stringify(body))}`,
    started: (job, what, rules) => {
      const about = rules === undefined ? {} : { rules };
      if (job !== undefined) ledger = { ...ledger, jobs: [...ledger.jobs, { step: step.name, jobId: job.jobId, what, ...about }] };
    },
    ask: (message: Message, delaySeconds: number) => sends.push({ message, delaySeconds }),
    tell: (problem) => problems.push(problem),
    now: () => at.kube.now(),
  };
  return { ...beginning, wish, stack, hashes: stepHashes(stack), scene, problems, sends, progress };
}
