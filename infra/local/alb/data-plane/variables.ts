/** `${host}` and the like in the actions of a rule: they stand for what the request has. */
import type { Exchange } from './exchange.ts';

export type Variables = Readonly<Record<string, string>>;

/** What every request has. The port is the listener's; the query comes without its question mark. */
export const requestVariables = ({ facts, listener }: Pick<Exchange, 'facts' | 'listener'>): Variables => ({
  protocol: listener.ListenerProtocol === 'HTTP' ? 'http' : 'https',
  host: facts.host,
  port: String(listener.ListenerPort),
  path: facts.path,
  query: facts.search,
});

/** `${1}` and on: what a path expression captured, empty where a group took no part. */
export const capturedVariables = (captured: readonly string[]): Variables =>
  Object.fromEntries(captured.map((text, index) => [String(index + 1), text]));

/** Puts values in place of variables; a name that stands for nothing stays as it is written. */
export const expand = (template: string, variables: Variables): string =>
  template.replace(/\$\{(\w+)\}/g, (whole, name: string) => variables[name] ?? whole);
