/** Members of an action's own config: `RedirectConfig` of a `Redirect`. The view hands over what the API took, so the shape is known. */
import type { ViewAction } from '../view.ts';

/** The config as the action's row knows it; its members are checked when the API takes them (`rule-actions.ts`). */
export function configOf<C extends object>(action: ViewAction): Partial<C> {
  // Known by the table of the API: see above.
  return (action[`${action.Type}Config`] ?? {}) as Partial<C>;
}
