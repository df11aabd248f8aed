/**
 * One kind of cloud resource that a step keeps. The runtime observes, compares and applies in this order for every noun alike; a noun only
 * says how. Creating and updating must be safe to repeat: the queue delivers at least once and operators replay.
 */
import { combine, done, type Outcome, wait } from './outcome.ts';
import type { Scene } from './scene.ts';

/** What must change; each list in the order in which it is to be applied. */
interface Changes<C, U, R> {
  readonly create: readonly C[];
  readonly update: readonly U[];
  readonly remove: readonly R[];
  /** Identities that the service is still changing: they are waited for before anything is written, because it would refuse. */
  readonly unsettled: readonly string[];
  /** Before they are looked at again, in whole seconds; absent: 1. */
  readonly pauseSeconds?: number;
}

export interface NounSpec<O, C, U, R> {
  readonly kind: string;
  /** Every cloud action used here; the RAM policy of the step is the union over its nouns. */
  readonly uses: readonly string[];
  /** What must be true first; `undefined` when it is. */
  ready?(scene: Scene): Promise<Outcome | undefined>;
  /** Reads only, everything or an error. Nothing is ever removed on the word of a list that was cut short. */
  observe(scene: Scene): Promise<readonly O[]>;
  /** Pure. */
  compare(scene: Scene, observed: readonly O[]): Changes<C, U, R> | Promise<Changes<C, U, R>>;
  create(items: readonly C[], scene: Scene): Promise<Outcome>;
  update(items: readonly U[], scene: Scene): Promise<Outcome>;
  remove(items: readonly R[], scene: Scene): Promise<Outcome>;
  /** Whether an update is a call to the cloud; absent: every one is. */
  isWrite?(item: U): boolean;
  /** Rules go as soon as they are unwanted; what others may point to goes in the phases `collect` and `delete`. */
  readonly removesWhileApplying: boolean;
}

export interface Noun {
  readonly kind: string;
  readonly uses: readonly string[];
  /** How many writes an apply would make: what `observe` mode and the sweep ask. */
  differences(scene: Scene): Promise<{ readonly kind: string; readonly create: number; readonly update: number; readonly remove: number }>;
  apply(scene: Scene): Promise<Outcome>;
  /** Removes what is not wanted. */
  collect(scene: Scene): Promise<Outcome>;
}

const settling = (changes: Changes<unknown, unknown, unknown>): Outcome | undefined =>
  changes.unsettled.length === 0
    ? undefined
    : wait(changes.pauseSeconds ?? 1, `${changes.unsettled.slice(0, 3).join(', ')} still changing`);

/** Gives a noun its half of the sentence: observe, compare, apply. */
export function defineNoun<O, C, U, R>(spec: NounSpec<O, C, U, R>): Noun {
  const compare = async (scene: Scene) => spec.compare(scene, await spec.observe(scene));
  return {
    kind: spec.kind,
    uses: spec.uses,
    async differences(scene) {
      const { create, update, remove } = await compare(scene);
      return {
        kind: spec.kind,
        create: create.length,
        update: update.filter((item) => spec.isWrite?.(item) ?? true).length,
        remove: remove.length,
      };
    },
    async apply(scene) {
      const blocked = await spec.ready?.(scene);
      if (blocked !== undefined) return blocked;
      const changes = await compare(scene);
      const busy = settling(changes);
      if (busy !== undefined) return busy;
      const created = changes.create.length === 0 ? done(false) : await spec.create(changes.create, scene);
      if (created.kind !== 'done') return created;
      const updated = changes.update.length === 0 ? done(false) : await spec.update(changes.update, scene);
      if (updated.kind !== 'done' || !spec.removesWhileApplying || changes.remove.length === 0) return combine(created, updated);
      return combine(combine(created, updated), await spec.remove(changes.remove, scene));
    },
    async collect(scene) {
      const changes = await compare(scene);
      return settling(changes) ?? (changes.remove.length === 0 ? done(false) : spec.remove(changes.remove, scene));
    },
  };
}
