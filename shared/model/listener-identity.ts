/** `HTTP:80`: what a listener is known by within an ALB, made and read in one place. */
import type { ListenerIdentity } from './stack.ts';

export const listenerIdentity = (protocol: string, port: number): ListenerIdentity => `${protocol}:${port}`;

/** What an identity says. */
export function listenerOf(identity: ListenerIdentity): { readonly protocol: string; readonly port: number } {
  const [protocol = '', port = ''] = identity.split(':');
  return { protocol, port: Number(port) };
}
