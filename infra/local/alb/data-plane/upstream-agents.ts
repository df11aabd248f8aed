/**
 * Connections to servers: kept open between requests for groups with `UpstreamKeepaliveEnabled`, closed after each otherwise. Each server of
 * a group has its own, so that those to a server that leaves can be closed without touching the others.
 */
import { Agent } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Agent as SecureAgent } from 'node:https';
import type { ViewGroup } from '../view.ts';

/** Whose connections: a server as one of a group. */
interface Place {
  readonly group: ViewGroup;
  readonly key: string;
}

/** A connection that carries gRPC calls. `shared`: others use it too, so the end of a call is not its end. */
export interface CallCarrier {
  readonly session: ClientHttp2Session;
  readonly shared: boolean;
}

const nameOf = (groupId: string, key: string): string => `${groupId} ${key}`;

export class UpstreamAgents {
  readonly #kept = new Map<string, Agent>();
  readonly #sessions = new Map<string, ClientHttp2Session>();
  readonly #single = new Agent({ keepAlive: false });
  readonly #singleSecure = new SecureAgent({ keepAlive: false });

  agentFor({ group, key }: Place): Agent {
    const secure = group.Protocol === 'HTTPS';
    if (group.UpstreamKeepaliveEnabled !== true) return secure ? this.#singleSecure : this.#single;
    const name = nameOf(group.ServerGroupId, key);
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
    this.#kept.set(name, agent);
    return agent;
  }

  /** For a call to a server of a gRPC group, which speaks HTTP/2 without TLS. */
  carrierTo({ group, key }: Place, { host, port }: { readonly host: string; readonly port: number }): CallCarrier {
    const open = () => connect(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
    if (group.UpstreamKeepaliveEnabled !== true) return { session: open(), shared: false };
    const name = nameOf(group.ServerGroupId, key);
    const known = this.#sessions.get(name);
    if (known !== undefined && !known.closed && !known.destroyed) return { session: known, shared: true };
    // Every call listens to it.
    const session = open().setMaxListeners(0);
    const drop = () => {
      if (this.#sessions.get(name) === session) this.#sessions.delete(name);
    };
    session.on('error', drop).once('close', drop).once('goaway', drop);
    this.#sessions.set(name, session);
    return { session, shared: true };
  }

  /** The server has left the group: idle connections are closed now, busy ones after their request. */
  forget(groupId: string, key: string): void {
    const name = nameOf(groupId, key);
    this.#sessions.get(name)?.close();
    this.#sessions.delete(name);
    const agent = this.#kept.get(name);
    if (agent === undefined) return;
    this.#kept.delete(name);
    agent.maxFreeSockets = 0;
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
  }

  stop(): void {
    for (const agent of this.#kept.values()) agent.destroy();
    this.#kept.clear();
    for (const session of this.#sessions.values()) session.destroy();
    this.#sessions.clear();
    this.#single.destroy();
    this.#singleSecure.destroy();
  }
}
