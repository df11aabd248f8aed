/**
 * Who the client is. Normally the peer of the connection; with XForwardedForClientSourceIpsEnabled the last address of X-Forwarded-For
 * that is not one of the trusted proxies.
 */
import type { IncomingMessage } from 'node:http';
import type { ViewListener } from '../view.ts';
import { networks, plainAddress } from './networks.ts';

export function clientAddress(request: IncomingMessage, config: ViewListener['XForwardedForConfig']): string {
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  if (config['XForwardedForClientSourceIpsEnabled'] !== true) return peer;
  const trusted = networks(String(config['XForwardedForClientSourceIpsTrusted'] ?? '').split(';'));
  const chain = (request.headersDistinct['x-forwarded-for'] ?? []).flatMap((value) => value.split(',')).map((value) => value.trim());
  return chain.findLast((address) => address !== '' && !trusted(address)) ?? peer;
}
