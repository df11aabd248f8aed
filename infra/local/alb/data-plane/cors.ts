/**
 * Cors: the load balancer answers preflights itself, and adds what a browser needs to every other answer of the rule, whoever gives it.
 * What a server says on the same matter is replaced.
 */
import type { ViewAction } from '../view.ts';
import { configOf } from './action-config.ts';
import { answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { HeaderEdit } from './header-edits.ts';
import { wildcard } from './wildcard.ts';

interface CorsConfig {
  readonly AllowOrigin: readonly string[];
  readonly AllowMethods: readonly string[];
  readonly AllowHeaders: readonly string[];
  readonly ExposeHeaders: readonly string[];
  readonly AllowCredentials: string;
  /** Seconds; -1 asks browsers to keep nothing. */
  readonly MaxAge: number;
}

/** What `Access-Control-Allow-Origin` says to an origin; `undefined` when it is not allowed. Scheme and host have no case. */
export function allowedOrigin(allowed: readonly string[], origin: string | undefined): string | undefined {
  if (origin === undefined) return undefined;
  // Sent as it is, credentials or not: it is for the browser to refuse that.
  if (allowed.includes('*')) return '*';
  return allowed.some((one) => wildcard(one.toLowerCase()).test(origin.toLowerCase())) ? origin : undefined;
}

const list = (name: string, values: readonly string[] | undefined): readonly HeaderEdit[] =>
  values === undefined || values.length === 0 ? [] : [{ name, value: values.join(',') }];

const shared = (origin: string, config: Partial<CorsConfig>): readonly HeaderEdit[] => [
  { name: 'Access-Control-Allow-Origin', value: origin },
  ...(config.AllowCredentials === 'on' ? [{ name: 'Access-Control-Allow-Credentials', value: 'true' }] : []),
];

function forPreflight(exchange: Exchange, config: Partial<CorsConfig>): readonly HeaderEdit[] {
  const { MaxAge } = config;
  const told = MaxAge !== undefined && (MaxAge >= 0 || exchange.settings.corsNegativeMaxAge === 'sent');
  return [
    ...list('Access-Control-Allow-Methods', config.AllowMethods),
    ...list('Access-Control-Allow-Headers', config.AllowHeaders),
    ...(told ? [{ name: 'Access-Control-Max-Age', value: String(MaxAge) }] : []),
  ];
}

const isPreflight = ({ facts }: Exchange): boolean =>
  facts.method === 'OPTIONS' && facts.headers['origin'] !== undefined && facts.headers['access-control-request-method'] !== undefined;

/** The exchange with the answer's headers noted; `undefined` when it was a preflight and has been answered. */
export function cors(exchange: Exchange, action: ViewAction): Exchange | undefined {
  const config = configOf<CorsConfig>(action);
  const origin = allowedOrigin(config.AllowOrigin ?? [], exchange.facts.headers['origin']?.[0]);
  const { answerEdits, settings } = exchange;
  const allowed = origin === undefined ? [] : shared(origin, config);
  if (!isPreflight(exchange)) {
    const exposed = origin === undefined ? [] : list('Access-Control-Expose-Headers', config.ExposeHeaders);
    return { ...exchange, answerEdits: [...answerEdits, ...allowed, ...exposed] };
  }
  if (origin === undefined && settings.corsForeignPreflight === 'forward') return exchange;
  const told = origin === undefined ? [] : [...allowed, ...forPreflight(exchange, config)];
  answer({ ...exchange, answerEdits: [...answerEdits, ...told] }, settings.corsPreflightStatus, {}, '');
  return undefined;
}
