/** One address and port that a Service has, as its EndpointSlices say. */
export interface Endpoint {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly port: number;
  /** Name of the Service port; empty for an unnamed one. */
  readonly portName: string;
  /** May get new connections. */
  readonly ready: boolean;
  /** Answers, whether or not it is on its way out. */
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Empty when the address is no Pod's. */
  readonly podName: string;
  /** Empty when it is not said. */
  readonly nodeName: string;
}
