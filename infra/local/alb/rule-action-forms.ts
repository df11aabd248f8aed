/** What may stand in each kind of action of a rule (ALB reference 4.2 and 6.5, annotations 6, 7 and 9.2). */
import * as z from 'zod';
import { headerKey, headerValue, hostTemplate, pathTemplate, queryTemplate } from './rule-texts.ts';

const groupId = z.string().min(1);

/** Headers that the load balancer keeps for itself in requests, and never lets anybody insert. */
const reserved: ReadonlySet<string> = new Set([
  ...['slb-id', 'slb-ip', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-eip', 'x-forwarded-port', 'x-forwarded-client-srcport'],
  ...['x-forwarded-host', 'connection', 'upgrade', 'content-length', 'transfer-encoding', 'keep-alive', 'te', 'host', 'cookie'],
  ...['remoteip', 'authority'],
]);

/** Headers that may not be removed, by direction. */
export const unremovable: Readonly<Record<'Request' | 'Response', ReadonlySet<string>>> = {
  Request: reserved,
  Response: new Set(['connection', 'upgrade', 'content-length', 'transfer-encoding']),
};

export const forwardGroup = z.strictObject({
  ServerGroupTuples: z
    .array(z.strictObject({ ServerGroupId: groupId, Weight: z.int().min(0).max(100).optional() }))
    .min(1)
    .max(5)
    .refine(
      (tuples) => tuples.length === 1 || tuples.every((one) => one.Weight !== undefined),
      'need a Weight each when there is more than one',
    )
    .refine((tuples) => new Set(tuples.map((one) => one.ServerGroupId)).size === tuples.length, 'must name each group once'),
  ServerGroupStickySession: z.strictObject({ Enabled: z.boolean().optional(), Timeout: z.int().min(1).max(86_400).optional() }).optional(),
});

/** What the service writes for `as in the request`: `${host}`. */
const asRequested = (name: string): string => `\${${name}}`;

/** What the service fills in. */
export const redirectDefaults: Readonly<Record<string, string>> = {
  Protocol: asRequested('protocol'),
  Host: asRequested('host'),
  Port: asRequested('port'),
  Path: asRequested('path'),
  Query: asRequested('query'),
  HttpCode: '301',
};

const port = z
  .string()
  .refine(
    (text) => text === asRequested('port') || (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 63_335),
    'must be 1 to 63335',
  );

export const redirect = z
  .strictObject({
    Protocol: z.enum(['HTTP', 'HTTPS', asRequested('protocol')]).optional(),
    Host: hostTemplate.optional(),
    Port: port.optional(),
    Path: pathTemplate.optional(),
    Query: queryTemplate.optional(),
    HttpCode: z.enum(['301', '302', '303', '307', '308']).optional(),
  })
  .refine(
    (config) =>
      Object.entries(config).some(([name, value]) => name !== 'HttpCode' && value !== undefined && value !== redirectDefaults[name]),
    'must change something',
  );

export const fixedResponse = z.strictObject({
  Content: z
    .string()
    .max(1024)
    .refine((content) => !/[^\p{ASCII}]/u.test(content), 'must be ASCII')
    .optional(),
  ContentType: z.enum(['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json']).optional(),
  HttpCode: z.string().regex(/^[245]\d\d$/, 'must be a 2xx, 4xx or 5xx status'),
});

/** What the service fills in. */
export const rewriteDefaults: Readonly<Record<string, string>> = {
  Host: asRequested('host'),
  Path: asRequested('path'),
  Query: asRequested('query'),
};

export const rewrite = z
  .strictObject({ Host: hostTemplate.optional(), Path: pathTemplate.optional(), Query: queryTemplate.optional() })
  .refine((config) => Object.values(config).some((value) => value !== undefined), 'must change something');

const systemValues = ['ClientSrcPort', 'ClientSrcIp', 'Protocol', 'SLBId', 'SLBPort'] as const;

/** A row a `ValueType`. */
const insertedValues: Readonly<Record<string, z.ZodType>> = {
  UserDefined: headerValue.regex(/[^\\]$/, 'must not end with \\'),
  ReferenceHeader: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be the name of a header'),
  SystemDefined: z.enum(systemValues),
};

export const insertHeader = z
  .strictObject({
    Key: headerKey.refine((key) => !reserved.has(key.toLowerCase()), 'is kept for the load balancer'),
    Value: z.string(),
    ValueType: z.enum(['UserDefined', 'ReferenceHeader', 'SystemDefined']).optional(),
    CoverEnabled: z.boolean().optional(),
  })
  .superRefine(({ Value, ValueType }, context) => {
    const read = insertedValues[ValueType ?? 'UserDefined']?.safeParse(Value);
    for (const issue of read?.error?.issues ?? []) context.addIssue({ code: 'custom', path: ['Value'], message: issue.message });
  });

export const removeHeader = z.strictObject({ Key: headerKey });

const qps = z.int().min(1).max(1_000_000).optional();
/** The SDK's English text has the relation of the two the wrong way round; clients and user documentation agree on this one. */
export const trafficLimit = z
  .strictObject({ QPS: qps, PerIpQps: qps })
  .refine((config) => config.QPS !== undefined || config.PerIpQps !== undefined, 'needs QPS or PerIpQps')
  .refine(({ QPS, PerIpQps }) => QPS === undefined || PerIpQps === undefined || PerIpQps < QPS, 'must have PerIpQps below QPS');

export const trafficMirror = z.strictObject({
  TargetType: z.literal('ForwardGroupMirror').optional(),
  MirrorGroupConfig: z.strictObject({ ServerGroupTuples: z.array(z.strictObject({ ServerGroupId: groupId })).min(1) }),
});

const origin = z
  .string()
  .max(128)
  .regex(/^(\*|https?:\/\/(\*\.)?[A-Za-z0-9._-]+(:\d{1,5})?)$/, 'must be * or an origin such as https://*.example.com');
const corsMethod = z.enum(['*', 'GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']);
const headerName = z
  .string()
  .max(128)
  .regex(/^(\*|[A-Za-z0-9_-]+)$/, 'must be * or the name of a header');

export const cors = z.strictObject({
  AllowOrigin: z.array(origin).optional(),
  AllowMethods: z.array(corsMethod).optional(),
  AllowHeaders: z.array(headerName).optional(),
  ExposeHeaders: z.array(headerName).optional(),
  AllowCredentials: z.enum(['on', 'off']).optional(),
  MaxAge: z.int().min(-1).max(172_800).optional(),
});
