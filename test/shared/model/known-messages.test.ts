import { describe, expect, it } from 'vitest';
import { explainProblem } from '#shared/problem.ts';
import { anAlbConfig, anIngress, aPath, type IngressDraft, toService } from '#test/support/objects.ts';
import { stackOf, withHosts, withTls } from '#test/support/stacks.ts';

const placeholder = [{ ...aPath('/'), backend: toService('own', 'use-annotation') }];
const said = (draft: IngressDraft, albConfig = withTls()): string =>
  stackOf([draft.host === undefined ? anIngress(draft) : withHosts([draft.host], draft)], albConfig)
    .problems.map(explainProblem)
    .join('\n');
const own = (...actions: readonly object[]): IngressDraft => ({
  paths: placeholder,
  annotations: { 'actions.own': JSON.stringify(actions) },
});
const host = 'a.example.com';
const addresses = Array.from({ length: 6 }, (_, index) => `10.0.0.${index}`);
const hosts = Array.from({ length: 11 }, (_, index) => `h${index}.example.com`);
const conditions = (type: string, config: string, values: readonly string[]) => JSON.stringify([{ type, [config]: { values } }]);

/** What people search for who know the other controllers: their words, or the field that the service names. */
const known: Readonly<Record<string, readonly [said: string, words: readonly string[]]>> = {
  'a port that the Service has not': [
    said({ paths: [{ ...aPath('/'), backend: toService('coffee', 81) }] }),
    ['backend not found: unable to find port 81 on service shop/coffee'],
  ],
  'a backend without a port': [
    said({ paths: [{ ...aPath('/'), backend: { service: { name: 'coffee' } } }] }),
    ['unable to find port (none is written) on service'],
  ],
  'gRPC without TLS': [said({ annotations: { 'backend-protocol': 'grpc' } }), ["'grpc' backend protocol must be", 'Ingress.Spec.TLS']],
  'slow start with another scheduler': [
    said({ annotations: { 'slow-start-enabled': 'true', 'backend-scheduler': 'sch' } }),
    ['The Sch and true are mismatched'],
  ],
  'stickiness by a cookie of the application without its name': [
    said({ annotations: { 'sticky-session': 'true', 'sticky-session-type': 'Server' } }),
    ['invalid server group Cookie'],
  ],
  'a listener that the AlbConfig lacks': [
    said({ host }, anAlbConfig()),
    ['listener is not exist in cafe, port: 443, protocol: HTTPS', 'listener not found for (443/HTTPS), with ingresses 1'],
  ],
  'a path with regex characters': [said({ paths: [aPath('/a(b)', 'coffee', 'ImplementationSpecific')] }), ['PathConfig.Values', 'illegal']],
  'a prefix with wildcards': [said({ paths: [aPath('/a*')] }), ["prefix path shouldn't contain wildcards"]],
  'an exact path with wildcards': [said({ paths: [aPath('/a*', 'coffee', 'Exact')] }), ["exact path shouldn't contain wildcards"]],
  'upper case in a query': [
    said(own({ type: 'Rewrite', RewriteConfig: { Query: 'A=b' } }, { type: 'FixedResponse', FixedResponseConfig: { httpCode: '200' } })),
    ['RewriteConfig.Query'],
  ],
  'use-annotation without actions': [said({ paths: placeholder }), ['RuleActions is mandatory']],
  'more than five addresses beside a limit': [
    said({ annotations: { 'traffic-limit-qps': '5', 'conditions.coffee': conditions('SourceIp', 'sourceIpConfig', addresses) } }),
    ['SourceIpConfig.Values', 'ALB allows 5'],
  ],
  'more values than a rule holds beside a limit': [
    said({ annotations: { 'traffic-limit-qps': '5', 'conditions.coffee': conditions('Host', 'hostConfig', hosts) } }),
    ['alb_quota_rule_matchevaluations_num'],
  ],
  'a limit per client on QUIC': [
    said({ annotations: { 'traffic-limit-ip-qps': '5', 'listen-ports': '[{"QUIC":8444}]' } }),
    ['PerIpTrafficLimitConfig'],
  ],
  'a limit per client without trusted proxies': [
    said(
      { annotations: { 'traffic-limit-ip-qps': '5' } },
      anAlbConfig({ spec: { listeners: [{ port: 80, xForwardedForConfig: { XForwardedForClientSourceIpsEnabled: true } }] } }),
    ),
    ['XForwardedForClientSourceIpsTrusted'],
  ],
  'a quoted port': [
    said(own({ type: 'ForwardGroup', ForwardConfig: { ServerGroups: [{ ServiceName: 'tea', ServicePort: '80' }] } })),
    ['ServicePort', 'remove the quotes'],
  ],
  'two final actions': [
    said({
      annotations: {
        'actions.coffee': JSON.stringify([{ type: 'FixedResponse', FixedResponseConfig: { httpCode: '200' } }]),
      },
    }),
    ['multi finalType action find'],
  ],
};

describe('messages that people know', () => {
  it.each(Object.entries(known))('about %s', (_what, [message, words]) => {
    for (const word of words) expect(message).toContain(word);
  });

  it('about TLS hosts that no rule has', () => {
    expect(
      stackOf([withHosts(['b.example.com'], { host })])
        .problems.map(explainProblem)
        .join(),
    ).toContain('mismatchTlsHostsIngress: b.example.com');
  });
});
