/** Redirect: `${host}` and the like stand for the request's own, and a member left out means that. */
import type { ViewAction } from '../view.ts';
import { configOf } from './action-config.ts';
import { answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { expand, requestVariables } from './variables.ts';

const usualPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

interface RedirectConfig {
  readonly Protocol: string;
  readonly Host: string;
  readonly Port: string;
  readonly Path: string;
  readonly Query: string;
  readonly HttpCode: string;
}

/** The address of a redirect; an empty query leaves no question mark. */
function locationOf(exchange: Exchange, config: Partial<RedirectConfig>): string {
  const own = requestVariables(exchange);
  const member = (name: keyof RedirectConfig, variable: string) => expand(config[name] || `\${${variable}}`, own);
  const protocol = member('Protocol', 'protocol').toLowerCase();
  const port = member('Port', 'port');
  const hidden = exchange.settings.redirectUsualPort === 'left-out' && usualPorts[protocol] === port;
  const query = member('Query', 'query');
  const authority = hidden ? member('Host', 'host') : `${member('Host', 'host')}:${port}`;
  return `${protocol}://${authority}${member('Path', 'path')}${query === '' ? '' : `?${query}`}`;
}

/** Sends the client elsewhere. */
export function redirect(exchange: Exchange, action: ViewAction): void {
  const config = configOf<RedirectConfig>(action);
  answer(exchange, Number(config.HttpCode ?? 301), { Location: locationOf(exchange, config) }, '');
}
