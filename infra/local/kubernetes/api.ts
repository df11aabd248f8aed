/** What every operation works on. */
import { Catalog } from './catalog.ts';
import { defaultSettings, type Settings } from './settings.ts';
import { Store } from './store.ts';

/** The state of one embedded API. */
export interface Api {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly settings: Settings;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const EPOCH = Date.UTC(2026, 0, 1);

/** An empty API. Versions begin at the milliseconds since 2026, so that those of a former run are always older. */
export function createApi(): Api {
  const store = new Store(Date.now() - EPOCH);
  return { store, catalog: new Catalog(store), settings: { ...defaultSettings }, now: Date.now };
}
