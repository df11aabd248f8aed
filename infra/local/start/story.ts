/** The chain as people see it: one line a finished step, from the functions' own log lines, with how far the chain has come. */
import * as z from 'zod';
import { chainSteps } from '#events/contract/messages.ts';

/** The line that a step writes at its end; fields that we do not show are left alone. */
const stepLine = z.looseObject({
  msg: z.literal('step finished'),
  step: z.string(),
  key: z.string(),
  phase: z.string().optional(),
  outcome: z.enum(['done', 'wait', 'park', 'refuse']),
  changed: z.boolean().optional(),
  because: z.string().optional(),
  calls: z.number().optional(),
  ms: z.number().optional(),
});
export type StepLine = z.infer<typeof stepLine>;

/** The stages of the progress bar, in order. */
const stages: readonly string[] = ['dispatch', ...chainSteps];

const toldLine = z.looseObject({ msg: z.literal('keys told'), queue: z.string(), count: z.number() });

function jsonIn(line: string): unknown {
  const start = line.indexOf('{');
  if (start < 0) return undefined;
  try {
    return JSON.parse(line.slice(start));
  } catch {
    return undefined; // a line of some library
  }
}

/** What the forwarder says when a queue took its messages, for people; `undefined` for any other line. */
export function readTold(line: string): string | undefined {
  const told = toldLine.safeParse(jsonIn(line)).data;
  if (told === undefined) return undefined;
  return `${' '.repeat(stages.length)} → forwarder    ${told.queue.padEnd(24)} ${told.count} changed key${told.count === 1 ? '' : 's'} told`;
}

/** The step line in a line of output, which may stand behind a prefix of the host; `undefined` for any other line. */
export const readStepLine = (line: string): StepLine | undefined => stepLine.safeParse(jsonIn(line)).data;

const marks = { done: '✓', wait: '…', park: '!', refuse: '✗' } as const;

function sentenceOf(line: StepLine): string {
  const done = line.changed === true ? 'done' : 'nothing to change';
  const what = line.outcome === 'done' ? done : `${line.outcome === 'wait' ? 'waits' : line.outcome}: ${line.because ?? ''}`;
  const calls = line.calls === undefined ? '' : `, ${line.calls} cloud call${line.calls === 1 ? '' : 's'}`;
  const ms = line.ms === undefined ? '' : `, ${Math.round(line.ms)} ms`;
  return `${what}${calls}${ms}`;
}

/** Collects the lines of one chain. */
export class Story {
  private readonly finished = new Set<string>();

  /** The line to show. */
  tell(line: StepLine): string {
    if (line.outcome === 'done') this.finished.add(line.step);
    // A cluster is `c-local/Cluster`; its prefix is the same in all keys and says nothing here.
    const subject = line.key.replace(/^[^/]+\//, '');
    return `${this.bar()} ${marks[line.outcome]} ${line.step.padEnd(12)} ${subject.padEnd(24)} ${sentenceOf(line)}`;
  }

  /** How far: one block a stage that has finished at least once. */
  bar(): string {
    return stages.map((stage) => (this.finished.has(stage) ? '■' : '□')).join('');
  }
}
