/**
 * The schema of an AlbConfig: every field that is used, with its default, rule and text. The CRD, `kubectl explain`, the generated
 * documentation and validation all come from here. Fields that only the existing controllers know are in `albconfig-not-yet.ts`.
 */
import * as z from 'zod/mini';

/** What people are told about a field besides its type. */
export interface FieldFacts {
  readonly text: string;
  /** What holds when the field is absent. */
  readonly standard?: string;
  /** What the API server checks besides the type (CEL), where a pattern of its dialect cannot say it. */
  readonly rule?: { readonly cel: string; readonly message: string };
}

/** Facts of each field's schema. */
export const fieldFacts = z.registry<FieldFacts>();

const field = <S extends z.ZodMiniType>(schema: S, text: string, standard?: string, rule?: FieldFacts['rule']): S => {
  fieldFacts.add(schema, { text, ...(standard === undefined ? {} : { standard }), ...(rule === undefined ? {} : { rule }) });
  return schema;
};

const bounded = (min: number, max: number) => z.int().check(z.minimum(min), z.maximum(max));
const sized = (min: number, max: number) => z.string().check(z.minLength(min), z.maxLength(max));

const zoneMapping = z.object({
  vSwitchId: field(sized(1, 64), 'A vSwitch of the cluster VPC; each in another zone.'),
  zoneId: field(z.optional(sized(1, 64)), 'The zone of the vSwitch.', 'looked up'),
});

/** Tag keys and values that the service refuses. */
const isTagText = (text: string): boolean => !/^(aliyun|acs:)|https?:\/\//.test(text);
const tagRule = {
  cel: "!self.startsWith('aliyun') && !self.startsWith('acs:') && !self.contains('http://') && !self.contains('https://')",
  message: 'must not begin with aliyun or acs: nor hold http:// or https://',
};
const tagText = (minimum: number) => sized(minimum, 128).check(z.refine(isTagText, tagRule.message));

const tag = z.object({
  key: field(tagText(1), 'Key of the tag.', undefined, tagRule),
  value: field(z.optional(tagText(0)), 'Value of the tag.', 'empty', tagRule),
});

/** The service takes 20 tags, three are ours. */
const tags = z.array(tag).check(z.maxLength(17));

/** Every member has the service's own name and is sent only when it is written. */
const xForwardedFor = z.object({
  XForwardedForEnabled: field(z.optional(z.boolean()), 'X-Forwarded-For.', 'true'),
  XForwardedForProcessingMode: field(z.optional(z.enum(['append', 'remove'])), 'What happens to X-Forwarded-For of the client.', 'append'),
  XForwardedForProtoEnabled: field(z.optional(z.boolean()), 'X-Forwarded-Proto.', 'false'),
  XForwardedForHostEnabled: field(z.optional(z.boolean()), 'X-Forwarded-Host.', 'false'),
  XForwardedForSLBIdEnabled: field(z.optional(z.boolean()), 'SLB-ID.', 'false'),
  XForwardedForSLBPortEnabled: field(z.optional(z.boolean()), 'X-Forwarded-Port.', 'false'),
  XForwardedForClientSrcPortEnabled: field(z.optional(z.boolean()), 'X-Forwarded-Client-srcport.', 'false'),
  XForwardedForClientSourceIpsEnabled: field(z.optional(z.boolean()), 'Find the address of the client behind trusted proxies.', 'false'),
  XForwardedForClientSourceIpsTrusted: field(
    z.optional(z.string()),
    'Trusted proxies: addresses or networks, separated by semicolons.',
    'none',
  ),
});

/** The service's own names, as the existing controllers have them. */
const certificate = z.object({
  CertificateId: field(sized(1, 128), 'Id of the certificate service, such as 10741304-cn-hangzhou.'),
  IsDefault: field(z.optional(z.boolean()), 'The one that clients get whose host no other certificate covers.', 'true for the first'),
});

/** `spec.config`: the ALB instance. */
export const configSchema = z.object({
  name: field(
    z.optional(z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9._-]{1,127}$/))),
    'Name of the ALB: 2 to 128 characters, beginning with a letter; letters, digits, dot, underscore, hyphen.',
    'k8s-, the name of the AlbConfig, and a hash',
  ),
  addressType: field(z.optional(z.enum(['Internet', 'Intranet'])), 'Whether the ALB has public addresses. Fixed at creation.', 'Internet'),
  addressAllocatedMode: field(z.optional(z.enum(['Fixed', 'Dynamic'])), 'Fixed at creation.', 'chosen by the service'),
  addressIpVersion: field(z.optional(z.enum(['IPv4', 'DualStack'])), 'Fixed at creation.', 'IPv4'),
  edition: field(z.optional(z.enum(['Standard', 'StandardWithWaf'])), 'Edition of the ALB.', 'Standard'),
  resourceGroupId: field(z.optional(sized(1, 64)), 'Resource group of the ALB.', 'that of the account'),
  zoneMappings: field(
    z.optional(z.array(zoneMapping).check(z.minLength(1), z.maxLength(10))),
    'vSwitches in different zones; two or more where the region has them.',
    'one vSwitch in each of two zones of the VPC',
  ),
  tags: field(z.optional(tags), 'Tags of the ALB, besides those of the controller.', 'none'),
});

/** An element of `spec.listeners`. (protocol, port) is its identity: changing either makes another listener. */
export const listenerSchema = z.object({
  port: field(
    z.optional(z.union([bounded(1, 65_535), z.string().check(z.regex(/^[1-9][0-9]{0,4}$/))])),
    'Port that clients connect to, 1 to 65535.',
    '80',
  ),
  protocol: field(z.optional(z.enum(['HTTP', 'HTTPS', 'QUIC'])), 'A port has one listener, but HTTPS and QUIC may share it.', 'HTTP'),
  description: field(z.optional(sized(2, 256)), 'Shown in the cloud console.', 'ingress-auto-listener- and the port'),
  idleTimeout: field(z.optional(bounded(1, 3600)), 'Seconds until an idle connection is closed.', '15'),
  requestTimeout: field(z.optional(bounded(1, 3600)), 'Seconds until a request without answer ends with 504.', '60'),
  gzipEnabled: field(z.optional(z.boolean()), 'Compresses answers.', 'true'),
  http2Enabled: field(z.optional(z.boolean()), 'HTTP/2; HTTPS listeners only.', 'true'),
  certificates: field(
    z.optional(z.array(certificate)),
    'Certificates of HTTPS and QUIC listeners, which need one. Only the default one is used so far; TLS Secrets of Ingresses are not.',
    'none',
  ),
  securityPolicyId: field(
    z.optional(sized(1, 64)),
    'TLS versions and ciphers: a policy of the service or of your own; HTTPS listeners only.',
    'tls_cipher_policy_1_0',
  ),
  xForwardedForConfig: field(z.optional(xForwardedFor), 'Headers that tell the servers about the client.', 'left to the service'),
});

export type AlbConfigConfig = z.infer<typeof configSchema>;
export type AlbConfigListener = z.infer<typeof listenerSchema>;
