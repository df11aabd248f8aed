/** The zone of the load balancer by which a request comes in. Every connection of a client has one; new ones take turns. */
import type { IncomingMessage } from 'node:http';
import type { ViewListener } from '../view.ts';

/** What carries several requests of one client: the session of HTTP/2, the connection of HTTP/1. */
function carrierOf(request: IncomingMessage): object {
  // Node's requests of HTTP/2 have a stream, which those of HTTP/1 lack.
  const { stream } = request as { readonly stream?: { readonly session?: object } };
  return stream?.session ?? request.socket;
}

export class ZoneTurns {
  readonly #zones = new WeakMap<object, string>();
  #turn = 0;

  /** `undefined` when the load balancer's zones are not known. `fixed` is the zone that all requests come by; empty: turns are taken. */
  of(request: IncomingMessage, { ZoneIds: zones = [] }: ViewListener, fixed: string): string | undefined {
    if (fixed !== '') return fixed;
    const carrier = carrierOf(request);
    const known = this.#zones.get(carrier);
    if (known !== undefined && zones.includes(known)) return known;
    const zone = zones[this.#turn % Math.max(1, zones.length)];
    this.#turn += 1;
    if (zone !== undefined) this.#zones.set(carrier, zone);
    return zone;
  }
}
