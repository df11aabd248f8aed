import { describe, expect, it } from 'vitest';
import { configNotYet, listenerNotYet } from '#shared/model/albconfig-not-yet.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import type { Stack } from '#shared/model/stack.ts';
import { anAlbConfig, aSite, aWish } from '#test/support/objects.ts';

const withConfig = (config: unknown): Stack => buildStack(aWish({ albConfig: anAlbConfig({ spec: { config } }) }), aSite);
const withListeners = (...listeners: readonly unknown[]): Stack =>
  buildStack(aWish({ albConfig: anAlbConfig({ spec: { listeners } }) }), aSite);
const problemsOf = (stack: Stack): string[] => stack.problems.map((one) => `${one.code} ${one.path ?? ''}`);

describe('spec.config', () => {
  it('becomes the settings of the instance', () => {
    const stack = withConfig({
      name: 'shop-alb',
      addressType: 'Intranet',
      addressAllocatedMode: 'Fixed',
      addressIpVersion: 'IPv4',
      edition: 'StandardWithWaf',
      resourceGroupId: 'rg-1',
      zoneMappings: [{ vSwitchId: 'vsw-a', zoneId: 'zone-a' }, { vSwitchId: 'vsw-b' }],
      tags: [{ key: 'team', value: 'shop' }, { key: 'empty' }],
    });
    expect(stack.problems).toEqual([]);
    expect(stack.loadBalancer).toMatchObject({
      settings: {
        loadBalancerName: 'shop-alb',
        addressType: 'Intranet',
        addressAllocatedMode: 'Fixed',
        addressIpVersion: 'IPv4',
        loadBalancerEdition: 'StandardWithWaf',
        resourceGroupId: 'rg-1',
        deletionProtectionEnabled: true,
        modificationProtection: 'ConsoleProtection',
      },
      zones: [{ vSwitchId: 'vsw-a', zoneId: 'zone-a' }, { vSwitchId: 'vsw-b' }],
      tags: { team: 'shop', empty: '', 'ack.aliyun.com': 'c-test' },
    });
  });

  it('may be written in any case', () => {
    expect(withConfig({ AddressType: 'Intranet', ZONEMAPPINGS: [{ vswitchid: 'vsw-a' }] })).toMatchObject({
      loadBalancer: { settings: { addressType: 'Intranet' }, zones: [{ vSwitchId: 'vsw-a' }] },
      problems: [],
    });
  });

  it('with a field in two spellings holds the AlbConfig: which one is meant cannot be told', () => {
    const stack = withConfig({ addressType: 'Intranet', AddressType: 'Internet' });
    expect(stack.want).toBe('hold');
    expect(stack.problems).toMatchObject([{ code: 'CONFIG-INVALID', facts: { field: 'spec.config.AddressType' } }]);
  });

  it('sends nothing that the user did not say and the service decides better', () => {
    const settings = withConfig({}).loadBalancer?.settings ?? {};
    expect(Object.keys(settings).sort()).toEqual(
      ['addressType', 'deletionProtectionEnabled', 'loadBalancerEdition', 'loadBalancerName', 'modificationProtection'].sort(),
    );
  });

  it('that is missing holds the AlbConfig', () => {
    const stack = buildStack(aWish({ albConfig: { ...anAlbConfig(), spec: { listeners: [] } } }), aSite);
    expect(stack.want).toBe('hold');
    expect(problemsOf(stack)).toContain('CONFIG-INVALID spec.config');
  });

  it('reports strangers and goes on', () => {
    const stack = withConfig({ adressType: 'Intranet', zoneMappings: [{ vSwitchId: 'vsw-a', zone: 'x' }] });
    expect(stack.want).toBe('present');
    expect(problemsOf(stack)).toEqual([
      'CONFIG-UNKNOWN-FIELD spec.config.adressType',
      'CONFIG-UNKNOWN-FIELD spec.config.zoneMappings[0].zone',
    ]);
  });

  it.each([
    ['addressType', { addressType: 'internet' }, 'spec.config.addressType', 'allowed: Internet, Intranet'],
    ['name', { name: '1st' }, 'spec.config.name', 'it must have the form'],
    ['a zone without vSwitch', { zoneMappings: [{ zoneId: 'z' }] }, 'spec.config.zoneMappings[0].vSwitchId', 'type string'],
    ['no zone at all', { zoneMappings: [] }, 'spec.config.zoneMappings', 'at least 1'],
    [
      'a repeated vSwitch',
      { zoneMappings: [{ vSwitchId: 'v' }, { vSwitchId: 'v' }] },
      'spec.config.zoneMappings',
      'v is written more than once',
    ],
    ['a reserved tag', { tags: [{ key: 'acs:x' }] }, 'spec.config.tags[0].key', 'must not begin with aliyun or acs:'],
    ['a tag of ours', { tags: [{ key: 'ack.aliyun.com' }] }, 'spec.config.tags', 'is a tag of the controller'],
    ['a repeated tag', { tags: [{ key: 'a' }, { key: 'a' }] }, 'spec.config.tags', 'a is written more than once'],
    ['too many tags', { tags: Array.from({ length: 18 }, (_, index) => ({ key: `k${index}` })) }, 'spec.config.tags', 'at most 17'],
    ['a list in place of the object', [], 'spec.config', 'type object'],
  ])('with %s holds the AlbConfig and says where and why', (_what, config, path, detail) => {
    const stack = withConfig(config);
    expect(stack).toMatchObject({ want: 'hold', groups: [], rules: [] });
    expect(stack.problems[0]).toMatchObject({ code: 'CONFIG-INVALID', path });
    expect(stack.problems[0]?.facts['detail']).toContain(detail);
  });

  it.each(configNotYet)(
    'with $name, which is not supported yet, is told and is in force unless that would be unsafe',
    ({ name, policy }) => {
      const stack = withConfig({ [name]: 'something' });
      expect(problemsOf(stack)).toEqual([`CONFIG-UNSUPPORTED spec.config.${name}`]);
      expect(stack.want).toBe(policy === 'hold' ? 'hold' : 'present');
      expect(withConfig({ [name]: false }).problems).toEqual([]);
      expect(withConfig({ [name]: [] }).problems).toEqual([]);
    },
  );

  it('as the existing controllers generate it is not complained about', () => {
    expect(withConfig({ billingConfig: { payType: 'PostPay' }, deletionProtectionEnabled: true, forceOverride: false }).problems).toEqual(
      [],
    );
  });

  it('gives long names a hash instead of losing what makes them different', () => {
    const name = (albConfig: string) =>
      buildStack(aWish({ albConfig: anAlbConfig({ name: albConfig }), ingresses: [] }), aSite).loadBalancer?.settings.loadBalancerName;
    expect(name(`${'a'.repeat(200)}1`)).toHaveLength(128);
    expect(name(`${'a'.repeat(200)}1`)).not.toBe(name(`${'a'.repeat(200)}2`));
  });
});

describe('spec.listeners', () => {
  it('becomes listeners with the settings that are written, and defaults for the others', () => {
    const stack = withListeners(
      { port: '8080', protocol: 'HTTP', description: 'shop', idleTimeout: 30, requestTimeout: 90, gzipEnabled: false },
      { XForwardedForConfig: { XForwardedForProtoEnabled: true, xforwardedforslbidenabled: false } },
    );
    expect(stack.problems).toEqual([]);
    expect(stack.listeners.map((one) => [one.identity, one.settings])).toEqual([
      [
        'HTTP:80',
        {
          listenerDescription: 'ingress-auto-listener-80',
          idleTimeout: 15,
          requestTimeout: 60,
          gzipEnabled: true,
          xForwardedForConfig: { XForwardedForProtoEnabled: true, XForwardedForSLBIdEnabled: false },
        },
      ],
      ['HTTP:8080', { listenerDescription: 'shop', idleTimeout: 30, requestTimeout: 90, gzipEnabled: false }],
    ]);
  });

  it('may be absent: then the ALB has none, and its Ingresses are told', () => {
    const stack = buildStack(aWish({ albConfig: { ...anAlbConfig(), spec: { config: {} } } }), aSite);
    expect(stack).toMatchObject({ want: 'present', listeners: [], problems: [{ code: 'LISTENER-MISSING' }, { code: 'LISTENER-WANTED' }] });
  });

  it.each([
    ['a type error', { port: 80, gzipEnabled: 'yes' }, 'CONFIG-INVALID spec.listeners[1].gzipEnabled'],
    ['a value out of bounds', { port: 80, idleTimeout: 0 }, 'CONFIG-INVALID spec.listeners[1].idleTimeout'],
    [
      'an access list that would be ignored',
      { port: 80, aclConfig: { aclType: 'White' } },
      'CONFIG-UNSUPPORTED spec.listeners[1].aclConfig',
    ],
  ])('with %s leaves that listener as it is, keeps its default group, and goes on with the others', (_what, listener, problem) => {
    const stack = withListeners({ port: 8080 }, listener);
    expect(stack.want).toBe('present');
    expect(stack.listeners.map((one) => one.identity)).toEqual(['HTTP:8080']);
    expect(stack.heldListeners).toEqual(['HTTP:80']);
    expect(stack.groups.map((one) => one.settings.serverGroupName).sort()).toEqual([
      'kube-system-fake-svc-80',
      'kube-system-fake-svc-8080',
    ]);
    expect(problemsOf(stack)).toEqual([problem, 'CONFIG-INVALID ']);
    expect(stack.held).toHaveLength(1);
  });

  it.each([[{ port: 'web' }], [{ port: 80, protocol: 'TCP' }], ['80'], [{ port: 70_000 }], [{ port: '70000' }]])(
    'with %j leaves everything alone, because it cannot be said which listener is meant',
    (listener) => {
      expect(withListeners({ port: 80 }, listener).want).toBe('hold');
    },
  );

  it('with one port twice takes the first', () => {
    const stack = withListeners({ port: 80 }, { port: '80', protocol: 'HTTP', gzipEnabled: false });
    expect(stack.listeners).toHaveLength(1);
    expect(stack.listeners[0]?.settings.gzipEnabled).toBe(true);
    expect(problemsOf(stack)).toEqual(['CONFIG-INVALID spec.listeners[1]']);
  });

  it('with HTTP and HTTPS on one port tells of both, and QUIC beside HTTPS is no conflict', () => {
    const certificates = [{ CertificateId: '1-cn-local' }];
    expect(problemsOf(withListeners({ port: 80 }, { port: 80, protocol: 'HTTPS', certificates }))).toEqual([
      'CONFIG-INVALID spec.listeners[1]',
    ]);
    const both = withListeners({ port: 80 }, { port: 443, protocol: 'QUIC', certificates }, { port: 443, protocol: 'HTTPS', certificates });
    expect(problemsOf(both)).toEqual([]);
    expect(both.listeners.map((one) => one.identity)).toEqual(['HTTP:80', 'HTTPS:443', 'QUIC:443']);
  });

  it.each(listenerNotYet)('with $name tells that it is not supported yet', ({ name, policy }) => {
    const stack = withListeners({ port: 80, [name]: 'something' });
    expect(problemsOf(stack)[0]).toBe(`CONFIG-UNSUPPORTED spec.listeners[0].${name}`);
    expect(stack.listeners).toHaveLength(policy === 'hold' ? 0 : 1);
  });
});

describe('the mode annotation', () => {
  const mode = (value: string): Stack =>
    buildStack(aWish({ albConfig: anAlbConfig({ metadata: { annotations: { 'albeit.io/mode': value } } }) }), aSite);

  it('is read, and a mode that is not known leaves everything alone', () => {
    expect(mode('observe')).toMatchObject({ mode: 'observe', want: 'present' });
    expect(mode('paused').mode).toBe('paused');
    expect(mode('dry-run')).toMatchObject({ want: 'hold', problems: [{ code: 'ANNOTATION-INVALID' }] });
  });
});
