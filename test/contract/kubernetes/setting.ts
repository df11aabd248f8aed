/** What the cases of the Kubernetes contract work with. */
import type { Client } from './client.ts';

/** Given to the cases of each topic. */
export interface Setting {
  client(): Client;
  /** Path of a new, empty namespace: `/api/v1/namespaces/NAME`. */
  namespace(): Promise<string>;
  /** The same for another group: `/apis/GROUP/VERSION/namespaces/NAME`. */
  inGroup(group: string, namespace: string): string;
}
