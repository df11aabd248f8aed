/** What the annotations of an Ingress say about all of its rules: protocol, expressions, rewriting, limits and cross-origin requests. */
import type { PlainAction } from '#shared/cloud/alb/port.ts';
import type { Problem } from '#shared/problem.ts';
import { alone, keyOn, readAnnotation, unused } from './annotations/annotation.ts';
import { cors } from './annotations/cors.ts';
import { type RowsReading, rowsReader, type Values } from './annotations/read-rows.ts';
import { backendProtocol, rewriteTarget, sslRedirect, useRegex } from './annotations/routing.ts';
import { trafficLimit } from './annotations/traffic-limit.ts';
import { problemOf, refOf } from './object-ref.ts';
import type { Ingress } from './wish.ts';

type CorsAction = Extract<PlainAction, { readonly type: 'Cors' }>;
type LimitAction = Extract<PlainAction, { readonly type: 'TrafficLimit' }>;

export interface RoutingSettings {
  readonly sslRedirect: boolean;
  readonly useRegex: boolean;
  /** Empty: paths are not rewritten. */
  readonly rewriteTarget: string;
  readonly backendProtocol: 'http' | 'https' | 'grpc';
  readonly limit?: LimitAction;
  readonly cors?: CorsAction;
  readonly problems: readonly Problem[];
}

const readRouting = rowsReader({ sslRedirect, useRegex, rewriteTarget, backendProtocol, ...trafficLimit });
const readCors = rowsReader(cors);

function limitOf(qps: number | undefined, ipQps: number | undefined): LimitAction | undefined {
  if (qps === undefined && ipQps === undefined) return undefined;
  const config = { ...(qps === undefined ? {} : { QPS: qps }), ...(ipQps === undefined ? {} : { perIpQps: ipQps }) };
  return { type: 'TrafficLimit', trafficLimitConfig: config };
}

/** The service wants the limit of one client below that of all. */
function limitProblems(ingress: Ingress, { qps, ipQps }: Values<typeof trafficLimit>): readonly Problem[] {
  if (qps === undefined || ipQps === undefined || ipQps < qps) return [];
  const [annotation] = trafficLimit.ipQps.keys;
  const facts = { annotation, value: String(ipQps), allowed: `less than ${trafficLimit.qps.keys[0]}, which is ${qps}` };
  return [problemOf('ANNOTATION-INVALID', refOf(ingress), facts, `metadata.annotations[${annotation}]`)];
}

function corsOf(values: Values<typeof cors>): CorsAction | undefined {
  if (!values.enabled) return undefined;
  const { allowOrigin, allowMethods, allowHeaders, exposeHeaders, maxAge } = values;
  const allowCredentials = values.allowCredentials ? 'on' : 'off';
  return { type: 'Cors', corsConfig: { allowOrigin, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge } };
}

/** What is wrong about cross-origin requests. Where they are not asked for, nothing in their settings can do harm. */
function corsProblems(ingress: Ingress, { written, problems }: RowsReading<typeof cors>): readonly Problem[] {
  const on = readAnnotation(cors.enabled, ingress);
  if (on.value !== false) return problems;
  const switchedOn = `${cors.enabled.keys[0]}: true`;
  // Who wrote `false` knows that the others wait.
  const forgotten = keyOn(cors.enabled, ingress) === undefined && problems.length === 0;
  const waiting = forgotten ? written.slice(0, 1) : [];
  return [...waiting.flatMap((row) => alone(row, ingress, switchedOn)), ...problems.map((one) => unused(one, switchedOn))];
}

/** `$1` is what nginx calls a group; here it is text. */
function rewriteWarnings(ingress: Ingress, target: string): readonly Problem[] {
  const [, digit] = /\$(\d)/.exec(target) ?? [];
  if (digit === undefined) return [];
  const [annotation] = rewriteTarget.keys;
  const facts = { annotation, value: target, group: `\${${digit}}` };
  return [problemOf('REWRITE-PLAIN', refOf(ingress), facts, `metadata.annotations[${annotation}]`)];
}

/** Everything that concerns all rules of an Ingress alike. */
export function readRoutingSettings(ingress: Ingress): RoutingSettings {
  const routing = readRouting(ingress);
  const crossOrigin = readCors(ingress);
  const { qps, ipQps, ...values } = routing.values;
  const limit = limitOf(qps, ipQps);
  // Where a value was refused its default would stand in, and nobody asked for that.
  const corsAction = crossOrigin.problems.length === 0 ? corsOf(crossOrigin.values) : undefined;
  return {
    ...values,
    ...(limit === undefined ? {} : { limit }),
    ...(corsAction === undefined ? {} : { cors: corsAction }),
    problems: [
      ...routing.problems,
      ...corsProblems(ingress, crossOrigin),
      ...limitProblems(ingress, { qps, ipQps }),
      ...rewriteWarnings(ingress, values.rewriteTarget),
    ],
  };
}
