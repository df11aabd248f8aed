/** Forwarding to a server group: one server after another until one could be connected to. */
import { answerError } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { Chosen } from './groups.ts';
import { type Sent, send } from './send.ts';
import { sendGrpc } from './send-grpc.ts';

async function sendTo(exchange: Exchange, server: Chosen): Promise<Sent> {
  if (server.group.Protocol === 'GRPC') return sendGrpc(exchange, server);
  const sent = await send(exchange, server, 'kept');
  return sent === 'stale' ? send(exchange, server, 'fresh') : sent;
}

/** 503: no server in service. 502: none could be connected to. */
export async function forwardToGroup(exchange: Exchange, groupId: string): Promise<void> {
  const tried = new Set<string>();
  for (let attempt = 0; attempt <= exchange.settings.connectRetries; attempt++) {
    const server = exchange.groups.choose(groupId, exchange.facts, tried);
    if (server === undefined) break;
    tried.add(server.key);
    const sent = await sendTo({ ...exchange, passage: server.passage }, server).finally(server.land);
    if (sent === 'ended') return;
  }
  answerError(exchange, tried.size === 0 ? 503 : 502);
}
