/**
 * Whether a group that had a serving member, and is wanted non-empty, ever has none. The one excuse is that the API server showed nothing at
 * some moment between the readings of whoever emptied it and the emptiness: nobody can know of what comes after his last look.
 */
import type { AlbView } from '#infra/local/alb/view.ts';
import type { OnCall } from './racing.ts';

const emptying: ReadonlySet<string> = new Set(['removeServers', 'replaceServers', 'updateServers']);

interface Emptier {
  readonly racer: string;
  /** When it looked at the endpoints, in the watch's own count of events. */
  readonly reads: readonly number[];
}

export class DarkWatch {
  readonly #view: AlbView;
  readonly #groups: readonly string[];
  readonly #serving = new Map<string, number>();
  readonly #reads = new Map<string, number[]>();
  readonly #writes = new Map<string, Emptier[]>();
  /** From which event on the wish was (not) empty. */
  readonly #wishes: { readonly from: number; readonly empty: boolean }[] = [];
  readonly #stop: () => void;
  #events = 0;
  /** Changes of what is in force that were looked at. */
  looks = 0;
  readonly violations: string[] = [];

  constructor(view: AlbView, groups: readonly string[]) {
    this.#view = view;
    this.#groups = groups;
    this.#look();
    this.#stop = view.onChange(() => this.#look());
  }

  /** The API server shows so many endpoints that are to get requests. */
  wish(count: number): void {
    this.#events += 1;
    this.#wishes.push({ from: this.#events, empty: count === 0 });
  }

  readonly onCall: OnCall = (racer, method, args) => {
    this.#events += 1;
    if (method === 'list' && args[0] === 'EndpointSlice') this.#reads.set(racer, [...(this.#reads.get(racer) ?? []), this.#events]);
    const group = String(args[0]);
    if (emptying.has(method)) this.#writes.set(group, [...(this.#writes.get(group) ?? []), { racer, reads: this.#reads.get(racer) ?? [] }]);
  };

  stop(): void {
    this.#stop();
  }

  #look(): void {
    this.#events += 1;
    this.looks += 1;
    for (const id of this.#groups) {
      const serving = (this.#view.group(id)?.Servers ?? []).filter((one) => one.Weight > 0).length;
      const before = this.#serving.get(id) ?? 0;
      this.#serving.set(id, serving);
      if (serving > 0) continue;
      if (before > 0 && this.#wishes.at(-1)?.empty !== true && !(this.#writes.get(id) ?? []).some((one) => this.#excused(one))) {
        this.violations.push(`${id} went dark; emptied by ${(this.#writes.get(id) ?? []).map((one) => one.racer).join(', ')}`);
      }
      this.#writes.delete(id);
    }
  }

  /** It looked twice, and at some moment since the first of these looks there was nothing. */
  #excused({ reads }: Emptier): boolean {
    const since = reads.at(-2);
    if (since === undefined) return false;
    const last = this.#wishes.findLast((one) => one.from <= since);
    return last?.empty === true || this.#wishes.some((one) => one.from > since && one.empty);
  }
}
