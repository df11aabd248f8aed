/**
 * What every call of the fake ALB has in common: it is noted, may be made to fail, is done once per client token, and goes on after its
 * answer until the clock, which is the test's, has moved far enough.
 */
import { type AlbAction, albActions } from '#shared/cloud/alb/actions.ts';
import type { Job } from '#shared/cloud/alb/port.ts';
import { classify } from '#shared/cloud/classify.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';

export interface FakeCall {
  readonly action: AlbAction;
  readonly params: Readonly<Record<string, unknown>>;
  readonly write: boolean;
  /** The service's code when it was refused; empty otherwise. */
  readonly code: string;
}

interface Fault {
  readonly action: AlbAction;
  readonly failure: CloudFailure;
  readonly when: 'before' | 'lost-answer';
}

/** A refusal in the service's words. */
export function refuse(action: AlbAction, code: string, detail = '', status = 400): never {
  throw new CloudFailure(classify(code, status), { action, code, detail, requestId: 'FAKE' });
}

/** Something whose status changes by itself: in a transitional state while work goes on. */
export interface Changing {
  status: string;
}

export class FakeCore {
  readonly calls: FakeCall[] = [];
  readonly jobs = new Map<string, Job>();
  private readonly settleMs: number;
  private readonly faults: Fault[] = [];
  private readonly tokens = new Map<string, { readonly params: string; readonly answer: unknown }>();
  private pending: { readonly at: number; readonly run: () => void }[] = [];
  private now = 0;
  private serial = 0;

  constructor(settleMs: number) {
    this.settleMs = settleMs;
  }

  id(prefix: string): string {
    this.serial += 1;
    return `${prefix}-${this.serial}`;
  }

  failNext(action: AlbAction, failure: CloudFailure, when: Fault['when']): void {
    this.faults.push({ action, failure, when });
  }

  /** Lets time pass: what is due is finished, in order. */
  advance(ms: number): void {
    this.now += ms;
    const due = this.pending.filter((one) => one.at <= this.now).sort((a, b) => a.at - b.at);
    this.pending = this.pending.filter((one) => one.at > this.now);
    for (const one of due) one.run();
  }

  /** A read, or a page of one. `make` must not change anything. */
  async read<T>(action: AlbAction, params: Readonly<Record<string, unknown>>, make: () => T): Promise<T> {
    return this.perform(action, params, make);
  }

  /** A list counts one call a page, as the service pages it. */
  async list<T>(action: AlbAction, params: Readonly<Record<string, unknown>>, make: () => readonly T[]): Promise<readonly T[]> {
    const size = albActions[action].page ?? Number.POSITIVE_INFINITY;
    const all = await this.perform(action, params, make);
    for (let from = size; from < all.length; from += size) await this.perform(action, { ...params, from }, () => undefined);
    return all;
  }

  /** A write: the same token and parameters give the first answer again, other parameters are refused. */
  async write<T>(action: AlbAction, params: Readonly<Record<string, unknown>>, token: string | undefined, make: () => T): Promise<T> {
    if (token === undefined) return this.perform(action, params, make);
    return this.perform(action, { ...params, clientToken: token }, () => {
      const key = `${action} ${token}`;
      const text = JSON.stringify(params);
      const known = this.tokens.get(key);
      if (known !== undefined) {
        if (known.params !== text) refuse(action, 'IdempotentParameterMismatch');
        return known.answer as T; // stored by this very action
      }
      const answer = make();
      this.tokens.set(key, { params: text, answer });
      return answer;
    });
  }

  /** Puts a thing into a transitional status until the work is done. */
  change(thing: Changing, during: string, after: string, done: () => void = () => undefined): void {
    thing.status = during;
    this.later(() => {
      thing.status = after;
      done();
    });
  }

  /** Work that a job stands for. */
  job(resourceType: string, resourceId: string): { readonly jobId: string } {
    const jobId = this.id('job');
    this.jobs.set(jobId, { jobId, status: 'Processing', resourceType, resourceId });
    this.later(() => this.jobs.set(jobId, { jobId, status: 'Succeeded', resourceType, resourceId }));
    return { jobId };
  }

  private later(run: () => void): void {
    if (this.settleMs === 0) run();
    else this.pending.push({ at: this.now + this.settleMs, run });
  }

  private async perform<T>(action: AlbAction, params: Readonly<Record<string, unknown>>, make: () => T): Promise<T> {
    const fault = this.takeFault(action);
    const note = (code: string) => this.calls.push({ action, params: structuredClone(params), write: albActions[action].write, code });
    try {
      if (fault?.when === 'before') throw fault.failure;
      const answer = structuredClone(make());
      if (fault?.when === 'lost-answer') throw fault.failure;
      note('');
      return answer;
    } catch (error) {
      note(error instanceof CloudFailure ? error.facts['code'] || error.failure : 'BUG');
      throw error;
    }
  }

  private takeFault(action: AlbAction): Fault | undefined {
    const index = this.faults.findIndex((one) => one.action === action);
    return index < 0 ? undefined : this.faults.splice(index, 1)[0];
  }
}
