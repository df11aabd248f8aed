/** The settings of a listener: defaults of the service, and what its protocol and the quotas allow. */
import type { Acting } from './cloud.ts';
import type { DefaultAction, ListenerAttributes, ListenerRecord } from './records.ts';
import { refuse } from './refusals.ts';

/** What CreateListener and UpdateListenerAttribute have in common. */
export interface ListenerRequest extends Partial<Omit<ListenerAttributes, 'DefaultActions'>> {}

const xForwardedDefaults: Readonly<Record<string, boolean | string>> = {
  XForwardedForEnabled: true,
  XForwardedForProcessingMode: 'append',
  XForwardedForClientSrcPortEnabled: false,
  XForwardedForProtoEnabled: false,
  XForwardedForSLBIdEnabled: false,
  XForwardedForSLBPortEnabled: false,
  XForwardedForHostEnabled: false,
  XForwardedForClientSourceIpsEnabled: false,
};

/** HTTP has none of these; QUIC brings its own version of TLS and of HTTP. */
const protocolDefaults = {
  HTTP: {},
  HTTPS: { Http2Enabled: true, SecurityPolicyId: 'tls_cipher_policy_1_0', CaEnabled: false },
  QUIC: { CaEnabled: false },
} as const satisfies Readonly<Record<ListenerRecord['protocol'], ListenerRequest>>;

/** ListSystemSecurityPolicies. Policies of one's own are not emulated. */
const systemPolicies: ReadonlySet<string> = new Set(
  ['1_0', '1_1', '1_2', '1_2_strict', '1_2_strict_with_1_3'].map((name) => `tls_cipher_policy_${name}`),
);

/** CertIdentifier of the certificate service: its number and a region. Until that service is emulated, every such id exists. */
const certificateForm = /^[1-9]\d*-[a-z]{2}-[a-z0-9-]+$/;

const settingNames = [
  'ListenerDescription',
  'IdleTimeout',
  'RequestTimeout',
  'GzipEnabled',
  'Http2Enabled',
  'SecurityPolicyId',
  'CaEnabled',
  'Certificates',
  'CaCertificates',
  'QuicConfig',
] as const satisfies readonly (keyof ListenerRequest)[];

const given = (request: ListenerRequest): ListenerRequest =>
  Object.fromEntries(settingNames.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]));

/** Attributes of a new listener, the service's defaults filled in. */
export const newAttributes = (
  request: ListenerRequest,
  protocol: ListenerRecord['protocol'],
  defaultActions: readonly DefaultAction[],
): ListenerAttributes => ({
  ListenerDescription: '',
  IdleTimeout: 15,
  RequestTimeout: 60,
  GzipEnabled: true,
  ...protocolDefaults[protocol],
  ...given(request),
  XForwardedForConfig: { ...xForwardedDefaults, ...request.XForwardedForConfig },
  DefaultActions: defaultActions,
});

/** Attributes after an update: lists and scalars are replaced, the members of XForwardedForConfig one by one. */
export const changedAttributes = (
  shown: ListenerAttributes,
  request: ListenerRequest,
  defaultActions: readonly DefaultAction[] | undefined,
): ListenerAttributes => ({
  ...shown,
  ...given(request),
  XForwardedForConfig: { ...shown.XForwardedForConfig, ...request.XForwardedForConfig },
  DefaultActions: defaultActions ?? shown.DefaultActions,
});

/** Settings that a plain HTTP listener does not have. */
const needTls = ['Http2Enabled', 'SecurityPolicyId', 'CaEnabled', 'Certificates', 'CaCertificates', 'QuicConfig'] as const;
const onlyHttps = ['Http2Enabled', 'SecurityPolicyId', 'QuicConfig'] as const;

function checkProtocol(acting: Acting, request: ListenerRequest, protocol: ListenerRecord['protocol']): void {
  const strangers = protocol === 'HTTPS' ? [] : protocol === 'HTTP' ? needTls : onlyHttps;
  const stranger = strangers.find((name) => request[name] !== undefined && request[name] !== false);
  if (stranger !== undefined) throw refuse(acting.action, 'InvalidParameter', `A listener of protocol ${protocol} has no ${stranger}`);
  const clientCert = Object.entries(request.XForwardedForConfig ?? {}).find(
    ([name, value]) => /ClientCert.*Enabled$/.test(name) && value === true,
  );
  if (protocol !== 'HTTPS' && clientCert !== undefined) {
    throw refuse(acting.action, 'InvalidParameter', `A listener of protocol ${protocol} has no ${clientCert[0]}`);
  }
  if (request.CaEnabled === true && request.CaCertificates === undefined) {
    throw refuse(acting.action, 'MissingParam.CaCertificates', `A listener of protocol ${protocol}`);
  }
  if (acting.action === 'CreateListener' && protocol !== 'HTTP' && request.Certificates === undefined) {
    throw refuse(acting.action, 'InvalidParameter', `A listener of protocol ${protocol} needs a certificate`);
  }
}

function checkExistence(acting: Acting, { SecurityPolicyId, Certificates = [], CaCertificates = [] }: ListenerRequest): void {
  if (SecurityPolicyId !== undefined && !systemPolicies.has(SecurityPolicyId)) {
    throw refuse(acting.action, 'ResourceNotFound.SecurityPolicy', `Security policy ${SecurityPolicyId}`);
  }
  const unknown = [...Certificates, ...CaCertificates].find((one) => !certificateForm.test(one.CertificateId));
  if (unknown !== undefined) throw refuse(acting.action, 'ResourceNotFound.Certificate', `Certificate ${unknown.CertificateId}`);
}

/** Refuses settings that the listener's protocol lacks, and time-outs beyond the quota. */
export function checkSettings(acting: Acting, request: ListenerRequest, protocol: ListenerRecord['protocol']): void {
  const { maxIdleTimeout, maxRequestTimeout } = acting.cloud.settings().quotas;
  if ((request.IdleTimeout ?? 0) > maxIdleTimeout) throw refuse(acting.action, 'IllegalParam.IdleTimeout', `At most ${maxIdleTimeout} s`);
  if ((request.RequestTimeout ?? 0) > maxRequestTimeout) {
    throw refuse(acting.action, 'IllegalParam.RequestTimeout', `At most ${maxRequestTimeout} s`);
  }
  checkProtocol(acting, request, protocol);
  checkExistence(acting, request);
}
