/**
 * What people are told, as a projection of stack and ledger: AlbConfig status and conditions, hostnames of Ingresses, Events. Pure and
 * bounded: at most 50 Ingresses are named in the status, members never.
 */

import { policyOf } from '#shared/errors.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { readAnnotation } from '#shared/model/annotations/annotation.ts';
import { order } from '#shared/model/annotations/binding.ts';
import { refOf } from '#shared/model/object-ref.ts';
import type { Stack } from '#shared/model/stack.ts';
import type { Ingress, Wish } from '#shared/model/wish.ts';
import { shortHash } from '#shared/ownership.ts';
import { explainProblem, type ObjectRef, type Problem, refText } from '#shared/problem.ts';
import type { AlbConfigLedger } from '#shared/step/record.ts';
import { unrepairedProblems, withheldProblems, withoutWithheldShares } from './refused-groups.ts';
import { stayingGroupProblems } from './staying-groups.ts';

/** A status of 200 rules is 35 KB; naming the first 50 problems of Ingresses keeps it readable; the condition counts the Ingresses held. */
const namedIngresses = 50;

interface EventDraft {
  /** With `uid`, by which `kubectl describe` looks for the Events of an object. */
  readonly object: ObjectRef & { readonly uid?: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface Report {
  /** Merge patch for the AlbConfig's status; absent when nothing changed. */
  readonly status?: Readonly<Record<string, unknown>>;
  readonly hostnames: readonly { readonly ingress: ObjectRef; readonly hostname: string | undefined }[];
  readonly events: readonly EventDraft[];
  /** What to remember as told. */
  readonly reported: NonNullable<AlbConfigLedger['reported']>;
}

export interface ReportInput {
  readonly wish: Wish;
  readonly stack: Stack;
  readonly ledger: AlbConfigLedger;
  /** Found while applying, besides those of the stack. */
  readonly problems: readonly Problem[];
  /** The chain has nothing left to do. */
  readonly complete: boolean;
  /** API server's clock, ms. */
  readonly now: number;
}

/** By what is said, and not by the facts: some, such as the id of a request, differ every time and are in no sentence. */
const problemKey = (problem: Problem): string =>
  shortHash(JSON.stringify([problem.code, refText(problem.object), explainProblem(problem)]));

/** Problems remembered as told, at most; beyond it the oldest are forgotten and may be told again. */
const toldProblems = 1000;

/**
 * While the chain is at work a problem that is not seen in one run may come back in the next: it stays told. Only a chain that is complete
 * shows that it is over.
 */
const toldAfter = (before: readonly string[], now: readonly string[], complete: boolean): readonly string[] =>
  complete ? now : [...new Set([...before, ...now])].slice(-toldProblems);

/** What is wrong with the wish itself: when it changes, somebody must be told even if nothing else is to be done. */
export const problemsHash = (stack: Stack): string => shortHash(stack.problems.map(problemKey).sort().join());

/** The object as the wish has it, with its uid; a reference to something else (a Service that does not exist) stays as it is. */
function identified(ref: ObjectRef, { albConfig, ingresses, ingressClasses, services }: Wish): EventDraft['object'] {
  const candidates: readonly KubeObject[] = [
    ...(albConfig === undefined ? [] : [albConfig]),
    ...ingresses,
    ...ingressClasses,
    ...services.values(),
  ];
  const found = candidates.find(
    ({ kind, metadata }) => kind === ref.kind && metadata.name === ref.name && (metadata.namespace ?? '') === ref.namespace,
  );
  return found?.metadata.uid === undefined ? ref : { ...ref, uid: found.metadata.uid };
}

/** A condition is a sentence and not a document: what a service wrote into a detail may be any length. */
const longestMessage = 512;
const sentence = (problem: Problem): string => {
  const text = explainProblem(problem);
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage - 1)}…`;
};

const ingressKey = (ref: ObjectRef): string => `${ref.namespace}/${ref.name}`;

/** What the ledger holds against Ingresses: the ALB is full, or their rules or groups are refused. */
const leftOutOf = (stack: Stack, ledger: AlbConfigLedger): readonly Problem[] => [
  ...(ledger.leftOut ?? []),
  ...withheldProblems(ledger, stack),
];

/** Rules of Ingresses that were left out are not in force. */
function servedRules(stack: Stack, ledger: AlbConfigLedger): Stack['rules'] {
  const out = new Set(leftOutOf(stack, ledger).map(({ object }) => ingressKey(object)));
  return withoutWithheldShares(stack, ledger).rules.filter((rule) => !rule.owners.some((owner) => out.has(ingressKey(owner))));
}

/** Who is matched first is not in the rules of an Ingress, but among what its owner wrote. */
const orderOf = (ingress: Ingress): string => String(readAnnotation(order, ingress).value);

/** Hash of each Ingress's share of the rules: when it changes and the chain is complete, its owner hears of it once. */
function shares({ stack, ledger, wish }: ReportInput): Record<string, string> {
  const orders = new Map(wish.ingresses.map((one) => [ingressKey(refOf(one)), orderOf(one)]));
  const parts = new Map<string, string[]>();
  for (const rule of servedRules(stack, ledger)) {
    const text = JSON.stringify([rule.identity, rule.conditions, rule.actions]);
    for (const owner of rule.owners) parts.set(ingressKey(owner), [...(parts.get(ingressKey(owner)) ?? []), text]);
  }
  return Object.fromEntries([...parts].map(([key, texts]) => [key, shortHash([orders.get(key), ...texts].join('\n'))]));
}

function phaseOf(input: ReportInput): string {
  if (input.stack.want === 'remove') return 'Deleting';
  if (input.stack.want === 'hold') return 'Failed';
  return input.complete ? 'Active' : 'Configuring';
}

const isWarning = (problem: Problem): boolean => policyOf(problem.code) === 'warn';

function conditionOf(input: ReportInput, problems: readonly Problem[]) {
  const first = problems[0];
  if (input.stack.want === 'hold' && first !== undefined) return { status: 'False', reason: 'Invalid', message: sentence(first) };
  if (!input.complete)
    return { status: 'False', reason: 'Progressing', message: first === undefined ? 'the chain is at work' : sentence(first) };
  const held = new Set(
    [...input.stack.held.map(({ ref }) => ref), ...leftOutOf(input.stack, input.ledger).map(({ object }) => object)].map(ingressKey),
  ).size;
  const inForce = `${input.stack.rules.length} rule(s) are in force`;
  if (first === undefined) return { status: 'True', reason: 'Applied', message: inForce };
  if (problems.every(isWarning)) {
    return { status: 'True', reason: 'Applied', message: `${inForce}; ${problems.length} warning(s), first: ${sentence(first)}` };
  }
  return { status: 'True', reason: 'PartlyApplied', message: `${held} Ingress(es) are held; first: ${sentence(first)}` };
}

function statusOf(input: ReportInput, problems: readonly Problem[]): Record<string, unknown> {
  const made = input.ledger.loadBalancer;
  const former = input.wish.albConfig?.status?.['conditions'];
  const before = Array.isArray(former) ? (former as readonly Record<string, unknown>[]).find((one) => one['type'] === 'Ready') : undefined; // only compared and copied
  const condition = conditionOf(input, problems);
  const since = before?.['status'] === condition.status ? before['lastTransitionTime'] : undefined;
  const faulty = problems.filter((one) => one.object.kind === 'Ingress');
  return {
    loadBalancer:
      made === undefined
        ? null
        : {
            id: made.id,
            dnsname: made.dnsName,
            phase: phaseOf(input),
            listeners: Object.keys(input.ledger.listeners).map((identity) => ({
              portAndProtocol: identity.split(':').reverse().join('/'),
            })),
          },
    conditions: [
      {
        type: 'Ready',
        ...condition,
        observedGeneration: input.wish.albConfig?.metadata.generation ?? 0,
        lastTransitionTime: since ?? `${new Date(input.now).toISOString().slice(0, 19)}Z`,
      },
    ],
    ingresses: faulty
      .slice(0, namedIngresses)
      .map((one) => ({ namespace: one.object.namespace, name: one.object.name, reason: one.code, message: sentence(one) })),
  };
}

const hostnameOf = (ingress: Ingress): string | undefined => ingress.status?.loadBalancer?.ingress?.[0]?.hostname;

function hostnames(input: ReportInput): Report['hostnames'] {
  const dnsName = input.stack.want === 'remove' ? undefined : input.ledger.loadBalancer?.dnsName;
  if (input.stack.want === 'hold' || (dnsName === undefined && input.stack.want === 'present') || dnsName === '') return [];
  const owners = new Set(servedRules(input.stack, input.ledger).flatMap((rule) => rule.owners.map(ingressKey)));
  return input.wish.ingresses
    .filter((one) => one.metadata.deletionTimestamp === undefined)
    .map((one) => ({ one, ref: { kind: 'Ingress', namespace: one.metadata.namespace ?? '', name: one.metadata.name } }))
    .filter(({ one, ref }) => hostnameOf(one) !== dnsName && (dnsName === undefined || owners.has(ingressKey(ref))))
    .map(({ ref }) => ({ ingress: ref, hostname: dnsName }));
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

const albConfigOf = ({ key }: Stack): ObjectRef => ({ kind: 'AlbConfig', namespace: '', name: key.name });

/** What is told for as long as it lasts, whichever step found it. */
const lasting = ({ stack, ledger }: ReportInput): readonly Problem[] =>
  stack.want === 'present'
    ? [
        ...leftOutOf(stack, ledger),
        ...unrepairedProblems(ledger, stack),
        ...Object.values(ledger.refusedListeners ?? {}).map(({ why }): Problem => ({ ...why, object: albConfigOf(stack) })),
        ...stayingGroupProblems(ledger, albConfigOf(stack)),
      ]
    : [];

/** Compares with what was told before, so that an Event is written once and an unchanged status not at all. */
export function project(input: ReportInput): Report {
  const problems = [...input.stack.problems, ...lasting(input), ...input.problems];
  const told = new Set(input.ledger.reported?.problems ?? []);
  const toldShares = input.ledger.reported?.ingresses ?? {};
  const now = shares(input);
  const fresh = [...new Map(problems.map((one) => [problemKey(one), one]))].flatMap(([key, one]) => (told.has(key) ? [] : [one]));
  const landed =
    input.complete && input.stack.want === 'present'
      ? input.stack.ingresses.filter((ref) => now[ingressKey(ref)] !== toldShares[ingressKey(ref)] && now[ingressKey(ref)] !== undefined)
      : [];
  const status = statusOf(input, problems);
  const hash = shortHash(JSON.stringify({ ...status, generation: input.wish.albConfig?.metadata.generation }));
  return {
    ...(hash === input.ledger.reported?.hash ? {} : { status }),
    hostnames: input.complete || input.stack.want === 'remove' ? hostnames(input) : [],
    events: [
      ...fresh.map(
        (one): EventDraft => ({
          object: identified(one.object, input.wish),
          type: 'Warning',
          reason: one.code,
          message: explainProblem(one),
        }),
      ),
      ...landed.map(
        (object): EventDraft => ({
          object: identified(object, input.wish),
          type: 'Normal',
          reason: 'SuccessfullyReconciled',
          message: 'the rules of this Ingress are in force',
        }),
      ),
    ],
    reported: {
      hash,
      ingresses: input.complete && input.stack.want === 'present' ? now : toldShares,
      problems: toldAfter(input.ledger.reported?.problems ?? [], distinct(problems.map(problemKey)), input.complete),
      wish: problemsHash(input.stack),
    },
  };
}
