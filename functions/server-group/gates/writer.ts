/** Writes what gates say, and tells the owner of a Pod why its gate cannot be written or stays closed. */
import type { Pod } from '#shared/model/readiness-gates.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { done, type Outcome } from '#shared/step/outcome.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { writeWarning } from '#shared/step/write-warning.ts';
import { conditionsToWrite, type Verdict } from './verdict.ts';

const refOf = ({ metadata }: Pod) => ({ kind: 'Pod', namespace: metadata.namespace ?? '', name: metadata.name });

export class GateWriter {
  readonly #at: Workshop;

  constructor(at: Workshop) {
    this.#at = at;
  }

  /** Writes nothing where the gates say it already. A failure is an outcome: it is reported and tried again. */
  async write(pod: Pod, found: Verdict): Promise<Outcome> {
    const { kube } = this.#at;
    const conditions = conditionsToWrite(pod, found, kube.now());
    if (conditions.length === 0) return done(false);
    const { namespace, name } = refOf(pod);
    try {
      // A Pod that is gone, or another of its name, is nothing to write to.
      await kube.setConditions({ namespace, name, uid: pod.metadata.uid ?? '' }, conditions);
      return done(true);
    } catch (error) {
      const outcome = outcomeOf(error, refOf(pod));
      await this.#tell('GATE-NOT-WRITTEN', pod, outcome.kind === 'done' ? '' : outcome.because);
      return outcome;
    }
  }

  /** `kubectl describe pod` shows Events, and of conditions no more than their status. */
  async tellClosed(pod: Pod, { message }: Verdict): Promise<void> {
    await this.#tell('GATE-CLOSED', pod, message);
  }

  #tell(code: 'GATE-NOT-WRITTEN' | 'GATE-CLOSED', pod: Pod, detail: string): Promise<void> {
    return writeWarning({ code, object: refOf(pod), facts: { detail } }, pod.metadata.uid, this.#at);
  }
}
