/** What one kind does besides the common rules: defaults, fields the server owns, and validation. A kind is a row of `strategies.ts`. */
import type { Causes } from './causes.ts';
import type { JsonMap } from './json.ts';
import type { Store } from './store.ts';

export interface Strategy {
  /** Fills in what the API fills in. Works on a copy that may be changed. */
  readonly fillIn?: (object: JsonMap) => void;
  /** Sets what the server owns, such as an address; `old` is absent on creation. */
  readonly prepare?: (object: JsonMap, old: JsonMap | undefined, store: Store) => void;
  readonly validate?: (object: JsonMap, causes: Causes, old: JsonMap | undefined, store: Store) => void;
  /** What a name must be. Default: an RFC 1123 subdomain. */
  readonly name?: 'subdomain' | 'label' | 'service';
}
