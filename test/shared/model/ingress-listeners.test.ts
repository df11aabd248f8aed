import { describe, expect, it } from 'vitest';
import type { Ingress } from '#shared/model/wish.ts';
import { anAlbConfig, anIngress, aPath } from '#test/support/objects.ts';
import { codesOf, stackOf, withHosts } from '#test/support/stacks.ts';

const [secured, plain] = ['a.example.com', 'b.example.com'];
const rule = (host: string) => ({ host, http: { paths: [aPath('/')] } });

/** TLS hosts, hosts of rules (empty: any), annotations. */
const ingress = (tls: readonly string[], hosts: readonly string[], annotations: Readonly<Record<string, string>> = {}): Ingress => {
  const spec = { ingressClassName: 'alb', rules: hosts.map(rule), ...(tls.length === 0 ? {} : { tls: [{ hosts: tls }] }) };
  return anIngress({ spec, annotations });
};

/** `HTTP:80 a.example.com`, one a rule. */
const placesOf = (one: Ingress): readonly string[] =>
  stackOf([one]).rules.map(({ listener, conditions }) => {
    const host = conditions.find((condition) => condition.type === 'Host');
    return `${listener} ${host?.type === 'Host' ? host.hostConfig.values[0] : '*'}`;
  });

const ssl = { 'ssl-redirect': 'true' };
const ports = (text: string) => ({ 'listen-ports': text });

describe('the rules of an Ingress stand', () => {
  it.each([
    ['on HTTP without a TLS section', ingress([], [plain]), [`HTTP:80 ${plain}`]],
    ['on HTTPS when all hosts are in the TLS section', ingress([secured], [secured]), [`HTTPS:443 ${secured}`]],
    ['host by host where only some are', ingress([secured], [secured, plain]), [`HTTP:80 ${plain}`, `HTTPS:443 ${secured}`]],
    [
      'without a host on all listeners of the Ingress',
      ingress([secured], [secured, plain, '']),
      [`HTTP:80 ${plain}`, 'HTTP:80 *', `HTTPS:443 ${secured}`, 'HTTPS:443 *'],
    ],
    [
      'without a host on HTTPS alone when no other host is plain',
      ingress([secured], [secured, '']),
      [`HTTPS:443 ${secured}`, 'HTTPS:443 *'],
    ],
    ['on HTTP when a wildcard alone covers the host', ingress(['*.example.com'], [plain]), [`HTTP:80 ${plain}`]],
    [
      'all on every listener of listen-ports, TLS section or not',
      ingress([secured], [secured, plain], ports('[{"HTTPS":8443},{"HTTP":80}]')),
      [`HTTP:80 ${secured}`, `HTTP:80 ${plain}`, `HTTPS:8443 ${secured}`, `HTTPS:8443 ${plain}`],
    ],
    [
      'all on every listener with ssl-redirect, which adds HTTP 80',
      ingress([secured], [secured, plain], ssl),
      [`HTTP:80 ${secured}`, `HTTP:80 ${plain}`, `HTTPS:443 ${secured}`, `HTTPS:443 ${plain}`],
    ],
    [
      'on HTTP 80 besides listen-ports with ssl-redirect',
      ingress([], [plain], { ...ssl, ...ports('[{"HTTPS":443}]') }),
      [`HTTP:80 ${plain}`, `HTTPS:443 ${plain}`],
    ],
  ])('%s', (_what, one, places) => {
    expect(placesOf(one)).toEqual(places);
    expect(stackOf([one]).held).toEqual([]);
  });
});

describe('what is probably not meant is told', () => {
  it('TLS hosts that no rule has, as they are written', () => {
    const problems = stackOf([ingress(['*.example.com', secured], [plain, secured])]).problems;
    expect(problems).toMatchObject([{ code: 'TLS-HOSTS', facts: { hosts: '*.example.com' } }]);
    expect(codesOf(stackOf([ingress([secured], [secured])]))).toEqual([]);
  });

  it('a redirect to where the Ingress has no rule', () => {
    expect(codesOf(stackOf([ingress([], [plain], ssl)]))).toEqual(['REDIRECT-NOWHERE']);
    expect(codesOf(stackOf([ingress([secured], [secured], ssl)]))).toEqual([]);
    expect(codesOf(stackOf([ingress([], [plain], { ...ssl, ...ports('[{"HTTPS":8443}]') })]))).toEqual(['REDIRECT-NOWHERE']);
  });
});

describe('ACK 2: a listener that is not in the AlbConfig', () => {
  it('holds the Ingress that wants it, and no other', () => {
    const stack = stackOf([ingress([], [plain], ports('[{"HTTPS":444}]')), anIngress({ name: 'good' })]);
    expect(stack.problems).toMatchObject([
      { code: 'LISTENER-MISSING', facts: { port: '444', protocol: 'HTTPS' } },
      { code: 'LISTENER-WANTED' },
    ]);
    expect(stack.rules.map((one) => one.owners[0]?.name)).toEqual(['good']);
  });
});

describe('a listener that is not in the AlbConfig any more', () => {
  const albConfig = anAlbConfig();

  it('is left alone while Ingresses want it: it would take their rules along', () => {
    const wanting = ingress([secured], [secured]);
    expect(stackOf([wanting, ingress([], [plain], ports('[{"HTTP":81},{"HTTPS":443}]'))], albConfig).heldListeners).toEqual([
      'HTTP:81',
      'HTTPS:443',
    ]);
    expect(stackOf([anIngress()], albConfig).heldListeners).toEqual([]);
  });

  it('is told to who owns the AlbConfig, with the Ingresses that want it', () => {
    const wanting = ['a', 'b', 'c', 'd'].map((name) =>
      anIngress({ name, host: `${name}.example.com`, annotations: ports('[{"HTTP":81}]') }),
    );
    expect(stackOf([...wanting, anIngress()], albConfig).problems.at(-1)).toEqual({
      code: 'LISTENER-WANTED',
      object: { kind: 'AlbConfig', namespace: '', name: 'cafe' },
      path: 'spec.listeners',
      facts: { protocol: 'HTTP', port: '81', count: '4', ingresses: 'shop/a, shop/b, shop/c, …' },
    });
  });

  it('gets no group: for all that is known it never was there', () => {
    expect(stackOf([ingress([secured], [secured])], albConfig).groups).toEqual(stackOf([], albConfig).groups);
  });
});

describe('a listener that is wrong in the AlbConfig', () => {
  it('holds the Ingresses that want it, and says where to look', () => {
    const albConfig = anAlbConfig({ spec: { listeners: [{ port: 80 }, { port: 443, protocol: 'HTTPS' }] } });
    const stack = stackOf([ingress([secured], [secured]), anIngress({ name: 'good' })], albConfig);
    const [problem] = stack.held[0]?.problems ?? [];
    expect(problem).toMatchObject({
      code: 'CONFIG-INVALID',
      facts: { field: 'listener HTTPS:443', detail: 'see the problems of AlbConfig cafe' },
    });
    expect(stack.rules.map((one) => one.owners[0]?.name)).toEqual(['good']);
  });
});

describe('protocols towards the servers', () => {
  const grpc = (tls: boolean, annotations: Readonly<Record<string, string>> = {}) =>
    tls
      ? withHosts([secured], { host: secured, annotations: { 'backend-protocol': 'grpc', ...annotations } })
      : anIngress({ host: secured, annotations: { 'backend-protocol': 'grpc', ...annotations } });
  const https = (annotations: Readonly<Record<string, string>>) =>
    anIngress({ annotations: { 'backend-protocol': 'https', ...annotations } });

  it.each([
    ['grpc without a TLS section', grpc(false)],
    ['grpc without a TLS section on HTTP and HTTPS', grpc(false, ports('[{"HTTPS":443},{"HTTP":80}]'))],
    ['grpc on HTTP', grpc(true, ports('[{"HTTPS":443},{"HTTP":80}]'))],
    ['https on HTTP', https({})],
    ['https on QUIC', https(ports('[{"QUIC":8444}]'))],
  ])('%s is refused', (_what, one) => {
    const stack = stackOf([one]);
    expect(codesOf(stack)).toEqual(['GRPC-NEEDS-TLS']);
    expect(stack.held).toHaveLength(1);
  });

  it.each([
    ['grpc on HTTPS', grpc(true)],
    ['grpc without a TLS section on HTTPS with a certificate of the AlbConfig', grpc(false, ports('[{"HTTPS":443}]'))],
    ['the same with redirects on HTTP 80', grpc(false, { ...ssl, ...ports('[{"HTTPS":443}]') })],
    ['grpc on QUIC', grpc(true, ports('[{"QUIC":8444}]'))],
    ['grpc on HTTP 80 with ssl-redirect', grpc(true, { ...ssl, ...ports('[{"HTTPS":443},{"HTTP":80}]') })],
    ['https on HTTPS', https(ports('[{"HTTPS":443}]'))],
    ['https on HTTPS, with redirects on other ports', https({ ...ssl, ...ports('[{"HTTPS":443},{"QUIC":8444}]') })],
  ])('%s is served', (_what, one) => {
    const stack = stackOf([one]);
    expect(stack.held).toEqual([]);
    const protocol = one.metadata.annotations?.['alb.ingress.kubernetes.io/backend-protocol'] === 'grpc' ? 'gRPC' : 'HTTPS';
    expect(stack.groups.filter((group) => group.members !== undefined).map((group) => group.fixed.protocol)).toEqual([protocol]);
  });

  describe('grpc behind HTTPS without HTTP/2', () => {
    const listeners = (http2Enabled: boolean) =>
      anAlbConfig({
        spec: {
          listeners: [443, 8443].map((port) => ({
            protocol: 'HTTPS',
            port,
            http2Enabled,
            certificates: [{ CertificateId: '1-cn-local' }],
          })),
        },
      });

    it('is refused, and says which field of which listener', () => {
      const stack = stackOf(
        [grpc(true), anIngress({ name: 'other', host: 'b.example.com', annotations: ports('[{"HTTPS":443}]') })],
        listeners(false),
      );
      expect(stack.problems).toMatchObject([
        {
          code: 'LISTENER-NEEDS',
          object: { name: 'cafe' },
          facts: { field: 'http2Enabled: true', listener: 'HTTPS:443', albconfig: 'cafe' },
        },
      ]);
      expect(stack.held.map((one) => one.ref.name)).toEqual(['cafe']);
      expect(codesOf(stackOf([grpc(true)], listeners(true)))).toEqual([]);
    });
  });

  it('ACK 9: another protocol is another group', () => {
    const [http, tls] = [stackOf([anIngress()]), stackOf([https(ports('[{"HTTPS":443}]'))])].map(
      (stack) => stack.groups.find((group) => group.members !== undefined)?.identity,
    );
    expect(http).not.toBe(tls);
  });
});
