/** Types of actions in `actions.<service>`, a row each, and what each makes of its settings. */
import * as z from 'zod/mini';
import type { PlainAction, RuleDirection } from '#shared/cloud/alb/port.ts';
import { forwardSchema, makeForward, makeMirror, mirrorSchema } from './action-groups.ts';
import { insertHeaderSchema, makeInsertHeader, makeRemoveHeader, removeHeaderSchema, reservedHeaderTexts } from './action-headers.ts';
import { cors } from './cors.ts';
import type { CustomAction } from './custom.ts';
import { type Kind, kind } from './element-kind.ts';
import {
  corsHeaderForm,
  corsMethodForm,
  corsOriginForm,
  type Form,
  redirectPathForm,
  rewritePathForm,
  targetHostForm,
  targetQueryForm,
} from './forms.ts';
import { maybe, member, oneOf, some, text, whole } from './member.ts';
import { requestVariables as inRequest } from './request-variables.ts';

const requests: readonly RuleDirection[] = ['Request'];
const both: readonly RuleDirection[] = ['Request', 'Response'];

/** A member that may be absent or empty; both mean its default. */
const orEmpty = ({ pattern, allowed }: Form, standard: string) =>
  maybe(member(z.string().check(z.refine((written) => written === '' || pattern.test(written))), allowed), standard);

const standing = (written: string | undefined, standard: string): string => (written === undefined || written === '' ? standard : written);

const protocolForm: Form = { pattern: /^(?:https?|\$\{protocol\})$/i, allowed: `HTTP, HTTPS, ${inRequest.protocol}` };
/** 63335 is the service's own bound. */
const portForm: Form = {
  pattern: /^(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-2][0-9]{3}|63[0-2][0-9]{2}|633[0-2][0-9]|6333[0-5]|\$\{port\})$/,
  allowed: `a port from 1 to 63335, in quotes, or ${inRequest.port}`,
};

const redirectSchema = z.object({
  protocol: orEmpty(protocolForm, inRequest.protocol),
  host: orEmpty(targetHostForm, inRequest.host),
  port: orEmpty(portForm, inRequest.port),
  path: orEmpty(redirectPathForm, inRequest.path),
  query: orEmpty(targetQueryForm, inRequest.query),
  httpCode: maybe(member(z.enum(['301', '302', '303', '307', '308', '']), '301, 302, 303, 307, 308, in quotes'), '301'),
});

function redirectConfigOf(config: z.output<typeof redirectSchema>) {
  const protocol = standing(config.protocol, inRequest.protocol);
  return {
    protocol: /^https?$/i.test(protocol) ? protocol.toUpperCase() : inRequest.protocol,
    host: standing(config.host, inRequest.host),
    port: standing(config.port, inRequest.port),
    path: standing(config.path, inRequest.path),
    query: standing(config.query, inRequest.query),
    httpCode: config.httpCode || '301',
  } as const;
}

const leadsElsewhere = (config: z.output<typeof redirectSchema>): boolean => {
  const { httpCode: _httpCode, ...target } = redirectConfigOf(config);
  return Object.entries(target).some(([name, value]) => value !== `\${${name}}`);
};

const fixedResponseSchema = z.object({
  contentType: maybe(oneOf('text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'), 'text/plain'),
  content: maybe(text(/^\p{ASCII}{0,1024}$/su, 'at most 1024 ASCII characters'), ''),
  httpCode: text(/^[245][0-9]{2}$/, 'a 2xx, 4xx or 5xx status, in quotes'),
});

const rewriteSchema = z.object({
  Host: orEmpty(targetHostForm, inRequest.host),
  Path: orEmpty(rewritePathForm, inRequest.path),
  Query: orEmpty(targetQueryForm, inRequest.query),
});

/** Members are text, as the existing controllers want them. */
const perSecond = () => maybe(text(/^(?:[1-9][0-9]{0,5}|1000000)$/, 'a whole number from 1 to 1000000, in quotes'));

const limitSchema = z.object({ QPS: perSecond(), QPSPerIp: perSecond() }).check(
  z.refine(({ QPS, QPSPerIp }) => QPS !== undefined || QPSPerIp !== undefined, 'QPS, QPSPerIp or both'),
  z.refine(({ QPS, QPSPerIp }) => QPS === undefined || QPSPerIp === undefined || Number(QPSPerIp) < Number(QPS), 'QPSPerIp lower than QPS'),
);

const limitOf = ({ QPS, QPSPerIp }: z.output<typeof limitSchema>): PlainAction => ({
  type: 'TrafficLimit',
  trafficLimitConfig: {
    ...(QPS === undefined ? {} : { QPS: Number(QPS) }),
    ...(QPSPerIp === undefined ? {} : { perIpQps: Number(QPSPerIp) }),
  },
});

/** The service's metadata knows no limit; no list of names is longer. */
const namesAtMost = 50;
const names = (form: Form, standard: readonly string[]) => maybe(some(text(form.pattern, form.allowed), namesAtMost), standard.join(', '));

const corsSchema = z.object({
  AllowOrigin: names(corsOriginForm, cors.allowOrigin.default),
  AllowMethods: names(corsMethodForm, cors.allowMethods.default),
  AllowHeaders: names(corsHeaderForm, cors.allowHeaders.default),
  ExposeHeaders: maybe(member(z.array(text(corsHeaderForm.pattern, corsHeaderForm.allowed)), 'a list'), ''),
  AllowCredentials: maybe(oneOf('on', 'off'), 'on'),
  MaxAge: maybe(whole(-1, 172_800), String(cors.maxAge.default)),
});

const corsOf = (config: z.output<typeof corsSchema>): PlainAction => ({
  type: 'Cors',
  corsConfig: {
    allowOrigin: config.AllowOrigin ?? cors.allowOrigin.default,
    allowMethods: config.AllowMethods ?? cors.allowMethods.default,
    allowHeaders: config.AllowHeaders ?? cors.allowHeaders.default,
    exposeHeaders: config.ExposeHeaders ?? [],
    allowCredentials: config.AllowCredentials ?? 'on',
    maxAge: config.MaxAge ?? cors.maxAge.default,
  },
});

const rewriteOf = ({ Host, Path, Query }: z.output<typeof rewriteSchema>): PlainAction => ({
  type: 'Rewrite',
  rewriteConfig: { host: standing(Host, inRequest.host), path: standing(Path, inRequest.path), query: standing(Query, inRequest.query) },
});

const isAnything = (config: object): boolean => Object.values(config).some((value) => value !== undefined && value !== '');

export const actionKinds: readonly Kind<CustomAction>[] = [
  kind({
    type: 'ForwardGroup',
    config: ['ForwardConfig'],
    schema: forwardSchema,
    make: makeForward,
    directions: requests,
    text: 'Forwards to server groups, chosen by weight. Final.',
  }),
  kind({
    type: 'Redirect',
    config: ['RedirectConfig'],
    schema: redirectSchema.check(z.refine(leadsElsewhere, 'something besides httpCode that is not as in the request')),
    make: (config): CustomAction => ({ type: 'Redirect', redirectConfig: redirectConfigOf(config) }),
    directions: requests,
    text: 'Answers with another address. Members that are absent or empty are as in the request. Final.',
  }),
  kind({
    type: 'FixedResponse',
    config: ['FixedResponseConfig'],
    schema: fixedResponseSchema,
    make: ({ content = '', contentType = 'text/plain', httpCode }): CustomAction => ({
      type: 'FixedResponse',
      fixedResponseConfig: { content, contentType, httpCode },
    }),
    directions: requests,
    text: 'Answers without asking a server. Final.',
  }),
  kind({
    type: 'Rewrite',
    config: ['RewriteConfig'],
    schema: rewriteSchema.check(z.refine(isAnything, 'Host, Path or Query')),
    make: (config): CustomAction => rewriteOf(config),
    directions: requests,
    text: 'Changes host, path or query towards the server. Only with ForwardGroup, and not with `rewrite-target`.',
  }),
  kind({
    type: 'InsertHeader',
    config: ['InsertHeaderConfig'],
    schema: insertHeaderSchema,
    make: (config): CustomAction => makeInsertHeader(config),
    directions: both,
    text: `Sets a header of the request, or of the answer in rules for responses. ALB keeps these for itself: ${reservedHeaderTexts.requests}.`,
  }),
  kind({
    type: 'RemoveHeader',
    config: ['RemoveHeaderConfig'],
    schema: removeHeaderSchema,
    make: (config): CustomAction => makeRemoveHeader(config),
    directions: both,
    text: `Takes a header off the request, or off the answer in rules for responses. Not those that InsertHeader may not set; of answers only ${reservedHeaderTexts.removedFromAnswers} are kept.`,
  }),
  kind({
    type: 'TrafficLimit',
    config: ['TrafficLimitConfig'],
    schema: limitSchema,
    make: (config): CustomAction => limitOf(config),
    directions: requests,
    text: 'Limits requests per second of the rule, in all or by client address. Not with the `traffic-limit-` annotations.',
  }),
  kind({
    type: 'TrafficMirror',
    config: ['TrafficMirrorConfig'],
    schema: mirrorSchema,
    make: makeMirror,
    directions: requests,
    text: 'Sends a copy of each request to a server group too. Not with Rewrite, FixedResponse and Redirect.',
  }),
  kind({
    type: 'Cors',
    config: ['CorsConfig'],
    schema: corsSchema,
    make: (config): CustomAction => corsOf(config),
    directions: requests,
    text: 'As the `cors-` annotations, which are the usual way.',
  }),
];
