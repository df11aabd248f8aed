/**
 * What a listener tells servers about the client: a row a switch of `XForwardedForConfig` (`albconfig` 3.1). Only X-Forwarded-For is on
 * by default. A header whose switch is off passes as the client sent it.
 */
import type { ViewListener } from '../view.ts';
import type { RequestFacts } from './request-facts.ts';

/** Alternating names and values, as on the wire. */
export type RawHeaders = readonly string[];

interface Request {
  readonly listener: ViewListener;
  readonly facts: RequestFacts;
  /** Of the connection, not of a trusted proxy's report. */
  readonly peer: string;
}

interface Row {
  readonly name: string;
  readonly switch: string;
  readonly byDefault: boolean;
  /** `undefined` takes the header away. */
  readonly value: (request: Request) => string | undefined;
}

function forwardedFor({ listener, facts, peer }: Request): string | undefined {
  if (listener.XForwardedForConfig['XForwardedForProcessingMode'] === 'remove') return undefined;
  return [...(facts.headers['x-forwarded-for'] ?? []), peer].join(', ');
}

const rows: readonly Row[] = [
  { name: 'X-Forwarded-For', switch: 'XForwardedForEnabled', byDefault: true, value: forwardedFor },
  {
    name: 'X-Forwarded-Proto',
    switch: 'XForwardedForProtoEnabled',
    byDefault: false,
    value: ({ listener }) => (listener.ListenerProtocol === 'HTTP' ? 'http' : 'https'),
  },
  {
    name: 'X-Forwarded-Host',
    switch: 'XForwardedForHostEnabled',
    byDefault: false,
    value: ({ facts }) => facts.headers['host']?.[0] ?? facts.host,
  },
  {
    name: 'X-Forwarded-Port',
    switch: 'XForwardedForSLBPortEnabled',
    byDefault: false,
    value: ({ listener }) => String(listener.ListenerPort),
  },
  { name: 'SLB-ID', switch: 'XForwardedForSLBIdEnabled', byDefault: false, value: ({ listener }) => listener.LoadBalancerId },
  {
    name: 'X-Forwarded-Client-srcport',
    switch: 'XForwardedForClientSrcPortEnabled',
    byDefault: false,
    value: ({ facts }) => String(facts.sourcePort),
  },
];

/** Headers to put in place of the client's of the same name; those with `undefined` are only taken away. */
export function forwardedHeaders(request: Request): ReadonlyMap<string, string | undefined> {
  const config = request.listener.XForwardedForConfig;
  return new Map(rows.filter((row) => (config[row.switch] ?? row.byDefault) === true).map((row) => [row.name, row.value(request)]));
}
