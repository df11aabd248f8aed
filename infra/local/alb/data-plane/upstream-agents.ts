/** Connections to servers: kept open between requests for groups with `UpstreamKeepaliveEnabled`, closed after each otherwise. */
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { ViewGroup } from '../view.ts';

export class UpstreamAgents {
  readonly #kept = new Agent({ keepAlive: true });
  readonly #single = new Agent({ keepAlive: false });
  readonly #keptSecure = new SecureAgent({ keepAlive: true });
  readonly #singleSecure = new SecureAgent({ keepAlive: false });

  agentFor(group: ViewGroup): Agent {
    const secure = group.Protocol === 'HTTPS';
    if (group.UpstreamKeepaliveEnabled === true) return secure ? this.#keptSecure : this.#kept;
    return secure ? this.#singleSecure : this.#single;
  }

  stop(): void {
    this.#kept.destroy();
    this.#single.destroy();
    this.#keptSecure.destroy();
    this.#singleSecure.destroy();
  }
}
