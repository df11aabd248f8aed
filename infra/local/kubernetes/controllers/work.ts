/** Runs a controller on the changes it cares about: after the request that caused them, each key once however often it was named. */
import type { Api } from '../api.ts';
import { ApiError } from '../api-error.ts';
import type { Change } from '../store.ts';

export interface Controller {
  /** Keys that a change makes due; must be quick and change nothing. */
  due(change: Change): readonly string[];
  /** Brings one key in order. Safe to repeat. */
  settle(key: string): void;
}

/** Starts listening; returns what ends it. */
export function runOnChanges(api: Api, controller: Controller): () => void {
  const keys = new Set<string>();
  let planned: NodeJS.Immediate | undefined;
  const work = () => {
    planned = undefined;
    const now = [...keys];
    keys.clear();
    for (const key of now) settle(controller, key);
  };
  const unsubscribe = api.store.subscribe((change) => {
    for (const key of controller.due(change)) keys.add(key);
    if (keys.size > 0) planned ??= setImmediate(work);
  });
  return () => {
    unsubscribe();
    if (planned !== undefined) clearImmediate(planned);
  };
}

/** A refusal (the object has gone meanwhile, its namespace ends) is answered by the change that caused it; anything else is a defect. */
function settle(controller: Controller, key: string): void {
  try {
    controller.settle(key);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
