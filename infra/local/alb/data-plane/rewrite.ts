/** Rewrite: another host, path and query for the server. What the action leaves out stays as the client sent it. */
import type { ViewAction } from '../view.ts';
import { configOf } from './action-config.ts';
import type { Exchange } from './exchange.ts';
import { capturedVariables, expand, requestVariables } from './variables.ts';

interface RewriteConfig {
  readonly Host: string;
  readonly Path: string;
  readonly Query: string;
}

/** `${host}` alone: the text as the client sent it, with its port. */
const isAsSent = (host: string): boolean => host === '' || /^\$\{host\}$/.test(host);

/** The exchange with the server asked something else. */
export function rewrite(exchange: Exchange, action: ViewAction): Exchange {
  const { Host, Path, Query } = configOf<RewriteConfig>(action);
  const variables = { ...requestVariables(exchange), ...capturedVariables(exchange.captured) };
  const { outgoing } = exchange;
  const path = Path === undefined || Path === '' ? outgoing.path : expand(Path, variables);
  return {
    ...exchange,
    outgoing: {
      ...outgoing,
      ...(Host === undefined || isAsSent(Host) ? {} : { host: expand(Host, variables) }),
      // A group that captured nothing may leave nothing; a request line needs a path.
      path: path.startsWith('/') ? path : `/${path}`,
      search: Query === undefined ? outgoing.search : expand(Query, variables),
    },
  };
}
