/** Where the members of a server group come from: all that the member lane needs to know of a Service. */
import type { NodeWish } from './nodes.ts';

/**
 * How a Service's endpoints become servers. `eni`: pods by address, through their network interfaces. `cluster` and `local`: nodes by
 * instance and node port, under the external traffic policy of the same name; pods on virtual nodes as with `eni`. `ip`: addresses as they
 * are, in groups of type Ip.
 */
export type BackendMode = 'eni' | 'cluster' | 'local' | 'ip';

/** Which endpoints make the members, and how: kept in the Service's record. */
export interface MembersRule extends NodeWish {
  /** Name of the Service port, which is the name of the port in its EndpointSlices; empty for an unnamed one. */
  readonly portName: string;
  readonly mode: BackendMode;
  /** In modes `cluster` and `local`. */
  readonly nodePort?: number;
  /** Address family of the endpoints; absent: IPv4. A Service of both families is registered by its first. */
  readonly family?: 'IPv6';
  /** The group checks the health of its servers: a pod with a readiness gate waits until its server is healthy. */
  readonly healthChecked?: true;
}

export interface MembersSource extends MembersRule {
  readonly namespace: string;
  readonly service: string;
}

/** Whether members depend on nodes, not on endpoints alone. */
export const needsNodes = ({ mode }: Pick<MembersRule, 'mode'>): boolean => mode === 'cluster' || mode === 'local';
