/**
 * Connections to servers: kept open between requests for groups with `UpstreamKeepaliveEnabled`, closed after each otherwise. Each server of
 * a group has its own, so that those to a server that leaves can be closed without touching the others.
 */
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { ViewGroup } from '../view.ts';

/** Whose connections: a server as one of a group. */
interface Place {
  readonly group: ViewGroup;
  readonly key: string;
}

export class UpstreamAgents {
  readonly #kept = new Map<string, Agent>();
  readonly #single = new Agent({ keepAlive: false });
  readonly #singleSecure = new SecureAgent({ keepAlive: false });

  agentFor({ group, key }: Place): Agent {
    const secure = group.Protocol === 'HTTPS';
    if (group.UpstreamKeepaliveEnabled !== true) return secure ? this.#singleSecure : this.#single;
    const name = `${group.ServerGroupId} ${key}`;
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
    this.#kept.set(name, agent);
    return agent;
  }

  /** The server has left the group: idle connections are closed now, busy ones after their request. */
  forget(groupId: string, key: string): void {
    const name = `${groupId} ${key}`;
    const agent = this.#kept.get(name);
    if (agent === undefined) return;
    this.#kept.delete(name);
    agent.maxFreeSockets = 0;
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
  }

  stop(): void {
    for (const agent of this.#kept.values()) agent.destroy();
    this.#kept.clear();
    this.#single.destroy();
    this.#singleSecure.destroy();
  }
}
