/** Stacks of Ingresses for tests of the model: an AlbConfig with HTTP 80 and HTTPS 443, and Services a to e beside coffee and tea. */
import { buildStack } from '#shared/model/build-stack.ts';
import type { RuleActionSpec, RuleSpec, Stack } from '#shared/model/stack.ts';
import type { Ingress, RawAlbConfig } from '#shared/model/wish.ts';
import { anAlbConfig, anIngress, aService, aSite, aWish } from './objects.ts';

const certificates = [{ CertificateId: '1-cn-local', IsDefault: true }];
const trusted = { XForwardedForClientSourceIpsEnabled: true, XForwardedForClientSourceIpsTrusted: '10.0.0.0/8' };

/** Listeners HTTP 80, HTTPS 443 and 8443; `clients`: those that know the addresses of clients. */
export const withTls = (clients: readonly number[] = [], annotations: Readonly<Record<string, string>> = {}): RawAlbConfig => {
  const listener = (protocol: string, port: number) => ({
    protocol,
    port,
    ...(protocol === 'HTTP' ? {} : { certificates }),
    ...(clients.includes(port) ? { xForwardedForConfig: trusted } : {}),
  });
  const listeners = [listener('HTTP', 80), listener('HTTPS', 443), listener('HTTPS', 8443), listener('QUIC', 8444)];
  return anAlbConfig({ spec: { listeners }, metadata: { annotations } });
};

const services = ['coffee', 'tea', 'a', 'b', 'c', 'd', 'e', 'f'].map((name) => aService(name));

/** The stack of an AlbConfig as above (or another one). */
export const stackOf = (ingresses: readonly Ingress[], albConfig: RawAlbConfig = withTls()): Stack =>
  buildStack(aWish({ ingresses, services, albConfig }), aSite);

export const codesOf = (stack: Stack): readonly string[] => stack.problems.map((one) => one.code);

/** Rules of an Ingress, by its name. */
export const rulesOf = (stack: Stack, ingress: string): readonly RuleSpec[] =>
  stack.rules.filter((rule) => rule.owners[0]?.name === ingress);

/** Names of the Services that a rule forwards to, each with its weight; ids stand for groups made elsewhere. */
export function forwardsOf(stack: Stack, rule: RuleSpec | undefined): Readonly<Record<string, number>> {
  const forward = rule?.actions.find((one) => one.type === 'ForwardGroup');
  const nameOf = (ref: { readonly group?: string; readonly serverGroupId?: string }): string =>
    ref.serverGroupId ?? stack.groups.find((one) => one.identity === ref.group)?.members?.service ?? 'unknown';
  return Object.fromEntries((forward?.type === 'ForwardGroup' ? forward.groups : []).map((ref) => [nameOf(ref), ref.weight]));
}

export const typesOf = (rule: RuleSpec | undefined): readonly RuleActionSpec['type'][] => (rule?.actions ?? []).map((one) => one.type);

/** An Ingress with a TLS section for these hosts. */
export const withHosts = (hosts: readonly string[], draft: Parameters<typeof anIngress>[0] = {}): Ingress => {
  const plain = anIngress(draft);
  return { ...plain, spec: { ...plain.spec, tls: [{ hosts, secretName: 's' }] } };
};
