/** Types of actions in `actions.<service>`, a row each, and what each makes of its settings. */
import * as z from 'zod/mini';
import type { PlainAction, RuleDirection } from '#shared/cloud/alb/port.ts';
import { forwardSchema, makeForward, makeMirror, mirrorSchema } from './action-groups.ts';
import { insertHeaderSchema, makeInsertHeader, makeRemoveHeader, removeHeaderSchema, reservedHeaders } from './action-headers.ts';
import { makeRedirect, makeRewrite, redirectSchema, rewriteSchema } from './action-targets.ts';
import { cors } from './cors.ts';
import type { CustomAction } from './custom.ts';
import { type Kind, kind } from './element-kind.ts';
import { corsHeaderForm, corsMethodForm, corsOriginForm, type Form } from './forms.ts';
import { maybe, member, oneOf, some, text, whole } from './member.ts';

const requests: readonly RuleDirection[] = ['Request'];
const both: readonly RuleDirection[] = ['Request', 'Response'];

const fixedResponseSchema = () =>
  z.object({
    contentType: maybe(oneOf('text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'), 'text/plain'),
    content: maybe(text(/^\p{ASCII}{0,1024}$/su, 'at most 1024 ASCII characters'), ''),
    httpCode: text(/^[245][0-9]{2}$/, 'a 2xx, 4xx or 5xx status, in quotes'),
  });

/** Members are text, as the existing controllers want them. */
const perSecond = () => maybe(text(/^(?:[1-9][0-9]{0,5}|1000000)$/, 'a whole number from 1 to 1000000, in quotes'));

const limitSchema = () =>
  z.object({ QPS: perSecond(), QPSPerIp: perSecond() }).check(
    z.refine(({ QPS, QPSPerIp }) => QPS !== undefined || QPSPerIp !== undefined, 'QPS, QPSPerIp or both'),
    z.refine(
      ({ QPS, QPSPerIp }) => QPS === undefined || QPSPerIp === undefined || Number(QPSPerIp) < Number(QPS),
      'QPSPerIp lower than QPS',
    ),
  );

const limitOf = ({ QPS, QPSPerIp }: z.output<ReturnType<typeof limitSchema>>): PlainAction => ({
  type: 'TrafficLimit',
  trafficLimitConfig: {
    ...(QPS === undefined ? {} : { QPS: Number(QPS) }),
    ...(QPSPerIp === undefined ? {} : { perIpQps: Number(QPSPerIp) }),
  },
});

/** The service's metadata knows no limit; no list of names is longer. */
const namesAtMost = 50;
const names = (form: Form, standard: readonly string[]) => maybe(some(text(form.pattern, form.allowed), namesAtMost), standard.join(', '));

const corsSchema = () =>
  z.object({
    AllowOrigin: names(corsOriginForm, cors.allowOrigin.default),
    AllowMethods: names(corsMethodForm, cors.allowMethods.default),
    AllowHeaders: names(corsHeaderForm, cors.allowHeaders.default),
    ExposeHeaders: maybe(member(z.array(text(corsHeaderForm.pattern, corsHeaderForm.allowed)), 'a list'), ''),
    AllowCredentials: maybe(oneOf('on', 'off'), 'on'),
    MaxAge: maybe(whole(-1, 172_800), String(cors.maxAge.default)),
  });

const corsOf = (config: z.output<ReturnType<typeof corsSchema>>): PlainAction => ({
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

/** A new type is a new row. */
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
    schema: redirectSchema,
    make: (config): CustomAction => makeRedirect(config),
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
    schema: rewriteSchema,
    make: (config): CustomAction => makeRewrite(config),
    directions: requests,
    text: 'Changes host, path or query towards the server. Only with ForwardGroup, and not with `rewrite-target`.',
  }),
  kind({
    type: 'InsertHeader',
    config: ['InsertHeaderConfig'],
    schema: insertHeaderSchema,
    make: (config): CustomAction => makeInsertHeader(config),
    directions: both,
    text: `Sets a header of the request, or of the answer in rules for responses. ALB keeps these for itself: ${reservedHeaders('InsertHeader', 'Request').join(', ')}.`,
  }),
  kind({
    type: 'RemoveHeader',
    config: ['RemoveHeaderConfig'],
    schema: removeHeaderSchema,
    make: (config): CustomAction => makeRemoveHeader(config),
    directions: both,
    text: `Takes a header off the request, or off the answer in rules for responses. Not those that InsertHeader may not set; of answers only ${reservedHeaders('RemoveHeader', 'Response').join(', ')} are kept.`,
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
