/** Counts cloud calls of one invocation, by action: the number that every promise of this project is about. */
import type { CallReport } from '#shared/cloud/options.ts';

export class CallCount {
  private readonly actions = new Map<string, number>();

  readonly note = (call: CallReport): void => {
    this.actions.set(call.action, (this.actions.get(call.action) ?? 0) + 1);
  };

  get total(): number {
    return [...this.actions.values()].reduce((sum, count) => sum + count, 0);
  }

  byAction(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.actions);
  }
}
