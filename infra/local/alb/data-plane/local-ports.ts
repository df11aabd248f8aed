/** Which port on this machine stands for which port of a load balancer. A listener that comes again gets its former port if it is free. */
import type { ViewListener } from '../view.ts';

const nameOf = (listener: ViewListener): string => `${listener.LoadBalancerId}/${listener.ListenerPort}`;

export class LocalPorts {
  readonly #former = new Map<string, number>();
  readonly #base: number | undefined;
  #next = 0;

  /** `base`: the first of the fixed ports, counted up; `free`: whatever the machine has. */
  constructor(ports: number | 'free') {
    this.#base = ports === 'free' ? undefined : ports;
  }

  /** Ports to try in this order; 0 means any free one. Taken fixed ports are passed over. */
  *candidates(listener: ViewListener): Generator<number, void> {
    const former = this.#former.get(nameOf(listener));
    if (former !== undefined) yield former;
    if (this.#base === undefined) yield 0;
    else for (let tries = 0; tries < 100; tries++) yield this.#base + this.#next++;
  }

  remember(listener: ViewListener, port: number): void {
    this.#former.set(nameOf(listener), port);
  }
}
