/** What becomes of the actions of a path on one of its listeners: redirects to HTTPS, and what that listener cannot do. */

import { requestVariables } from '#shared/cloud/alb/defaults.ts';
import type { ListenerSettings, PlainAction, RuleDirection } from '#shared/cloud/alb/port.ts';
import type { ErrorCode } from '#shared/errors.ts';
import { albPrefix } from './annotations/annotation.ts';
import type { ListenPort } from './annotations/binding.ts';
import { limits } from './rule-limits.ts';
import type { RuleActionSpec } from './stack.ts';

/** What is kept in front of the redirect; rewriting, mirroring and final actions make no sense there. */
const keptBeforeRedirect: ReadonlySet<string> = new Set<RuleActionSpec['type']>(['InsertHeader', 'RemoveHeader', 'TrafficLimit', 'Cors']);

const toHttps: PlainAction = {
  type: 'Redirect',
  redirectConfig: { ...requestVariables, protocol: 'HTTPS', port: '443', httpCode: '308' },
};

export interface ListenerQuestion {
  readonly actions: readonly RuleActionSpec[];
  readonly direction: RuleDirection;
  readonly sslRedirect: boolean;
}

/** With `ssl-redirect`, requests on every port but 443 are redirected (the protocol does not count); rules on responses stay as they are. */
export const actionsOn = (listener: ListenPort, { actions, direction, sslRedirect }: ListenerQuestion): readonly RuleActionSpec[] =>
  sslRedirect && listener.port !== 443 && direction === 'Request'
    ? [...actions.filter((one) => keptBeforeRedirect.has(one.type)), toHttps]
    : actions;

/** A listener as far as it decides what its rules can do. */
export interface ListenerFacts extends ListenPort {
  readonly albConfig: string;
  /** Absent: the AlbConfig has no such listener, which is told once for the Ingress. */
  readonly settings: ListenerSettings | undefined;
}

interface Finding {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, string>>;
}

const isPerClient = (action: RuleActionSpec): boolean => action.type === 'TrafficLimit' && action.trafficLimitConfig.perIpQps !== undefined;

const leavesHttps = (action: RuleActionSpec): boolean => action.type === 'Redirect' && action.redirectConfig.protocol === 'HTTP';

/** Port 80 of the request would be asked for HTTPS, and no port of an ALB speaks both. */
const keepsPlainPort = (action: RuleActionSpec): boolean =>
  action.type === 'Redirect' && action.redirectConfig.protocol === 'HTTPS' && action.redirectConfig.port === requestVariables.port;

const listenerText = ({ protocol, port }: ListenPort): string => `${protocol}:${port}`;

/** The service finds the address of a client only where it is told which proxies to trust. */
function missingField({ settings }: ListenerFacts): string | undefined {
  const headers = settings?.xForwardedForConfig ?? {};
  if (headers['XForwardedForClientSourceIpsEnabled'] !== true) return 'xForwardedForConfig.XForwardedForClientSourceIpsEnabled';
  return (headers['XForwardedForClientSourceIpsTrusted'] ?? '') === ''
    ? 'xForwardedForConfig.XForwardedForClientSourceIpsTrusted'
    : undefined;
}

function perClientFindings(listener: ListenerFacts): readonly Finding[] {
  const text = listenerText(listener);
  if (listener.protocol === 'QUIC') {
    const facts = {
      first: `${albPrefix}traffic-limit-ip-qps`,
      second: `listener ${text}`,
      detail: 'QUIC listeners limit all clients together only (PerIpTrafficLimitConfig)',
    };
    return [{ code: 'ANNOTATION-CONFLICT', facts }];
  }
  const field = listener.settings === undefined ? undefined : missingField(listener);
  return field === undefined
    ? []
    : [{ code: 'LISTENER-NEEDS', facts: { what: 'a limit per client', field, listener: text, albconfig: listener.albConfig } }];
}

/** What of the actions of one path the service would refuse on this listener, or nobody can want there. `path`: as it is written. */
export function listenerFindings(listener: ListenerFacts, actions: readonly RuleActionSpec[], path: string): readonly Finding[] {
  const http = {
    first: 'a Redirect to HTTP',
    second: `listener ${listenerText(listener)}`,
    detail: 'from HTTPS and QUIC only HTTPS can be redirected to',
  };
  const limit = limits.actions;
  const many = { path, has: String(actions.length), what: limit.what, limit: String(limit.most) };
  return [
    ...(actions.some(isPerClient) ? perClientFindings(listener) : []),
    ...(listener.protocol !== 'HTTP' && actions.some(leavesHttps) ? [{ code: 'ANNOTATION-CONFLICT', facts: http } as const] : []),
    ...(listener.protocol === 'HTTP' && actions.some(keepsPlainPort)
      ? [{ code: 'REDIRECT-PORT', facts: { port: String(listener.port) } } as const]
      : []),
    ...(actions.length > limit.most ? [{ code: 'RULE-LIMIT', facts: many } as const] : []),
  ];
}
