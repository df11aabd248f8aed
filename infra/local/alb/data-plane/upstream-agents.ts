/** Connections to servers: kept open between requests for groups with `UpstreamKeepaliveEnabled`, closed after each otherwise. */
import { Agent } from 'node:http';
import type { ViewGroup } from '../view.ts';

export class UpstreamAgents {
  readonly #kept = new Agent({ keepAlive: true });
  readonly #single = new Agent({ keepAlive: false });

  agentFor(group: ViewGroup): Agent {
    return group.UpstreamKeepaliveEnabled === true ? this.#kept : this.#single;
  }

  stop(): void {
    this.#kept.destroy();
    this.#single.destroy();
  }
}
