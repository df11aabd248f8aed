import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionDrainDefaults, slowStartDefaults, stickySessionDefaults } from '#shared/cloud/alb/defaults.ts';
import type { ServerGroupSpec, Stack } from '#shared/model/stack.ts';
import { anIngress } from '#test/support/objects.ts';
import { codesOf, stackOf } from '#test/support/stacks.ts';

type Annotations = Readonly<Record<string, string>>;

const withGroups = (stack: Stack): readonly ServerGroupSpec[] => stack.groups.filter((one) => one.members !== undefined);
const groupsOf = (...ingresses: readonly Annotations[]): readonly ServerGroupSpec[] =>
  withGroups(stackOf(ingresses.map((annotations, index) => anIngress({ name: `ingress-${index}`, annotations }))));
const groupOf = (annotations: Annotations): ServerGroupSpec | undefined => groupsOf(annotations)[0];

describe('settings of a group', () => {
  it('are the defaults of the service where nothing is written, and say nothing of kept connections', () => {
    expect(groupOf({})?.settings).toEqual({
      serverGroupName: 'shop-coffee-80',
      serviceName: 'shop-coffee-80',
      scheduler: 'Wrr',
      healthCheckConfig: expect.objectContaining({ healthCheckEnabled: false }),
      stickySessionConfig: stickySessionDefaults,
      connectionDrainConfig: connectionDrainDefaults,
      slowStartConfig: slowStartDefaults,
      crossZoneEnabled: true,
    });
  });

  it.each<readonly [string, Annotations, object]>([
    ['wlc', { 'backend-scheduler': 'wlc' }, { scheduler: 'Wlc' }],
    ['sch', { 'backend-scheduler': 'sch' }, { scheduler: 'Sch' }],
    [
      'uch',
      { 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'user' },
      { scheduler: 'Uch', uchConfig: { type: 'QueryString', value: 'user' } },
    ],
    ['kept connections', { 'backend-keepalive': 'true' }, { upstreamKeepaliveEnabled: true }],
    ['connections that are not kept', { 'backend-keepalive': 'false' }, { upstreamKeepaliveEnabled: false }],
    ['slow start', { 'slow-start-enabled': 'true' }, { slowStartConfig: { slowStartEnabled: true, slowStartDuration: 30 } }],
    [
      'its duration',
      { 'slow-start-enabled': 'true', 'slow-start-duration': '900' },
      { slowStartConfig: { slowStartEnabled: true, slowStartDuration: 900 } },
    ],
    [
      'draining',
      { 'connection-drain-enabled': 'true' },
      { connectionDrainConfig: { connectionDrainEnabled: true, connectionDrainTimeout: 300 } },
    ],
    [
      'its limit',
      { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '0' },
      { connectionDrainConfig: { connectionDrainEnabled: true, connectionDrainTimeout: 0 } },
    ],
    ['one zone', { 'cross-zone-enabled': 'false' }, { crossZoneEnabled: false }],
    ['stickiness', { 'sticky-session': 'true' }, { stickySessionConfig: { ...stickySessionDefaults, stickySessionEnabled: true } }],
    [
      'its time',
      { 'sticky-session': 'true', 'sticky-session-type': 'Insert', 'cookie-timeout': '86400' },
      { stickySessionConfig: { ...stickySessionDefaults, stickySessionEnabled: true, cookieTimeout: 86_400 } },
    ],
    [
      'its cookie',
      { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'JSESSIONID' },
      { stickySessionConfig: { ...stickySessionDefaults, stickySessionEnabled: true, stickySessionType: 'Server', cookie: 'JSESSIONID' } },
    ],
  ])('follow annotations: %s', (_what, annotations, settings) => {
    const stack = stackOf([anIngress({ annotations })]);
    expect(codesOf(stack)).toEqual([]);
    expect(withGroups(stack)[0]?.settings).toMatchObject(settings);
  });

  it('are not those of what is switched off: its details change no group', () => {
    const details = { 'slow-start-duration': '60', 'connection-drain-timeout': '60', 'cookie-timeout': '60', cookie: 'a' };
    expect(groupOf(details)?.settings).toEqual(groupOf({})?.settings);
    expect(groupOf(details)?.identity).toBe(groupOf({})?.identity);
  });

  it('of a type and a resource group are for good', () => {
    const fixed = { serverGroupType: 'Ip', protocol: 'HTTP', vpcId: 'vpc-test', resourceGroupId: 'rg-1' };
    expect(groupOf({ 'server-group-type': 'Ip', 'server-group-resource-group-id': 'rg-1' })?.fixed).toEqual(fixed);
    expect(groupOf({ 'server-group-type': 'Instance' })?.fixed).toEqual(groupOf({})?.fixed);
  });

  it('tell the members whether health is checked', () => {
    expect(groupOf({ 'healthcheck-enabled': 'true' })?.members?.healthChecked).toBe(true);
    expect(groupOf({})?.members?.healthChecked).toBeUndefined();
  });

  it('of the default groups of listeners are never annotated', () => {
    const plain = stackOf([anIngress()]).groups.filter((one) => one.members === undefined);
    const annotated = stackOf([anIngress({ annotations: { 'sticky-session': 'true', 'server-group-type': 'Ip' } })]);
    expect(annotated.groups.filter((one) => one.members === undefined)).toEqual(plain);
  });
});

describe('the identity of a group', () => {
  /** Groups that are in the cloud are found by it: these were written before there were other settings than those of the health check. */
  it.each<readonly [Annotations, string]>([
    [{}, 'd392d2dca40117a3829837487318715d3f2848c5002f8355ae35442317a624dd'],
    [{ 'healthcheck-enabled': 'true' }, '7477b330ecf7e1e657bc0ff0180f20c145403dd780d5df7de1fdb54a2bce1063'],
    [
      { 'healthcheck-enabled': 'true', 'healthcheck-code': 'http_3xx,http_2xx', 'healthcheck-interval-seconds': '9' },
      '37dd50366a5eb3ad392b1bd407c10f02d74439334f2434ea60279ed0b9727b12',
    ],
    [
      { 'backend-protocol': 'https', 'listen-ports': '[{"HTTPS":443}]' },
      'e3f707c2fe43fb512010a0aa7acb0ee799ddf89f71645dffd13485de5991587c',
    ],
  ])('with %j is what it has always been', (annotations, identity) => {
    expect(groupOf(annotations)?.identity).toBe(identity);
    expect(groupOf(annotations)?.tags['ingress.k8s.alibaba/resource']).toBe(identity);
  });

  it.each([
    { 'backend-scheduler': 'wrr' },
    { 'slow-start-enabled': 'false' },
    { 'connection-drain-enabled': 'false' },
    { 'cross-zone-enabled': 'true' },
    { 'server-group-type': 'Instance' },
    { 'sticky-session': 'false' },
  ])('with %j, which is the default, is that of a plain group', (annotations) => {
    expect(groupOf(annotations)?.identity).toBe(groupOf({})?.identity);
  });

  const different: readonly Annotations[] = [
    {},
    { 'backend-scheduler': 'wlc' },
    { 'backend-scheduler': 'sch' },
    { 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'a' },
    { 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'b' },
    { 'backend-keepalive': 'true' },
    { 'backend-keepalive': 'false' },
    { 'slow-start-enabled': 'true' },
    { 'slow-start-enabled': 'true', 'slow-start-duration': '31' },
    { 'connection-drain-enabled': 'true' },
    { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '301' },
    { 'cross-zone-enabled': 'false' },
    { 'server-group-type': 'Ip' },
    { 'server-group-resource-group-id': 'rg-1' },
    { 'server-group-resource-group-id': 'rg-2' },
    { 'sticky-session': 'true' },
    { 'sticky-session': 'true', 'cookie-timeout': '60' },
    { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'a' },
    { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'b' },
    { 'healthcheck-enabled': 'true' },
    { 'healthcheck-enabled': 'true', 'sticky-session': 'true' },
  ];

  it('is another one for every setting, and the same for the same settings', () => {
    const groups = groupsOf(...different, ...different);
    expect(groups).toHaveLength(different.length);
    for (const group of groups) expect(group.owners).toHaveLength(2);
  });

  it('does not depend on neighbours, whatever they ask for', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...different), { minLength: 1, maxLength: 6 }), (asked) => {
        const together = new Set(groupsOf(...asked).map((one) => one.identity));
        expect(together).toEqual(new Set(asked.map((one) => groupOf(one)?.identity)));
      }),
      { numRuns: 40 },
    );
  });
});

describe('what does not go together', () => {
  const slow = { 'slow-start-enabled': 'true' };
  const sticky = { 'sticky-session': 'true' };

  it.each<readonly [string, Annotations, string, Readonly<Record<string, string>>]>([
    ['uch without its parameter', { 'backend-scheduler': 'uch' }, 'ANNOTATION-NEEDS', { other: 'backend-scheduler-uch-value' }],
    [
      'stickiness of the application without its cookie',
      { ...sticky, 'sticky-session-type': 'Server' },
      'ANNOTATION-NEEDS',
      { other: 'cookie' },
    ],
    ['slow start with wlc', { ...slow, 'backend-scheduler': 'wlc' }, 'ANNOTATION-CONFLICT', { second: 'backend-scheduler: wlc' }],
    ['slow start with sch', { ...slow, 'backend-scheduler': 'sch' }, 'ANNOTATION-CONFLICT', { second: 'backend-scheduler: sch' }],
    ['stickiness in one zone', { ...sticky, 'cross-zone-enabled': 'false' }, 'ANNOTATION-CONFLICT', { second: 'sticky-session: true' }],
  ])('%s holds the Ingress alone', (_what, annotations, code, facts) => {
    const stack = stackOf([anIngress({ annotations }), anIngress({ name: 'good', host: 'good.example.com' })]);
    const full = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, `alb.ingress.kubernetes.io/${value}`]));
    expect(stack.problems).toMatchObject([{ code, object: { name: 'cafe' }, facts: full }]);
    expect(stack.held.map((one) => one.ref.name)).toEqual(['cafe']);
    expect(withGroups(stack).map((one) => one.owners.map((owner) => owner.name))).toEqual([['good']]);
  });

  it('is told in the words of the service', () => {
    const [problem] = stackOf([anIngress({ annotations: { ...slow, 'backend-scheduler': 'wlc' } })]).problems;
    expect(problem?.facts['detail']).toContain('The Wlc and true are mismatched');
    const [cookie] = stackOf([anIngress({ annotations: { ...sticky, 'sticky-session-type': 'Server' } })]).problems;
    expect(cookie?.facts['detail']).toContain('invalid server group Cookie');
  });

  it('is not complained of twice when the value itself is refused', () => {
    const stack = stackOf([anIngress({ annotations: { ...sticky, 'sticky-session-type': 'Server', cookie: 'a;b' } })]);
    expect(codesOf(stack)).toEqual(['ANNOTATION-INVALID']);
    expect(stack.held).toHaveLength(1);
  });
});

describe('what says nothing alone', () => {
  const sticky = { 'sticky-session': 'true' };

  it.each<readonly [Annotations, string]>([
    [{ 'backend-scheduler-uch-value': 'user' }, 'backend-scheduler: uch'],
    [{ 'backend-scheduler-uch-value': 'user', 'backend-scheduler': 'wlc' }, 'backend-scheduler: uch'],
    [{ 'slow-start-duration': '60' }, 'slow-start-enabled: true'],
    [{ 'connection-drain-timeout': '60' }, 'connection-drain-enabled: true'],
    [{ 'sticky-session-type': 'Insert' }, 'sticky-session: true'],
    [{ 'cookie-timeout': '60' }, 'sticky-session: true'],
    [{ cookie: 'a' }, 'sticky-session: true'],
    [{ ...sticky, cookie: 'a' }, 'sticky-session-type: Server'],
    [{ ...sticky, 'sticky-session-type': 'Server', cookie: 'a', 'cookie-timeout': '60' }, 'sticky-session-type: Insert'],
  ])('%j is told, and served', (annotations, other) => {
    const stack = stackOf([anIngress({ annotations })]);
    expect(stack.problems).toMatchObject([{ code: 'ANNOTATION-ALONE', facts: { other: `alb.ingress.kubernetes.io/${other}` } }]);
    expect(stack.held).toEqual([]);
  });

  it.each<Annotations>([
    { 'slow-start-enabled': 'false', 'slow-start-duration': '60' },
    { 'connection-drain-enabled': 'false', 'connection-drain-timeout': '60' },
    { 'sticky-session': 'false', 'sticky-session-type': 'Server', cookie: 'a', 'cookie-timeout': '60' },
  ])('%j is meant so', (annotations) => {
    expect(codesOf(stackOf([anIngress({ annotations })]))).toEqual([]);
  });

  it.each<Annotations>([
    { 'slow-start-duration': '29' },
    { 'connection-drain-enabled': 'false', 'connection-drain-timeout': '901' },
    { 'cookie-timeout': '0' },
    { cookie: '$a' },
    { 'backend-scheduler-uch-value': 'a b' },
  ])('%j is told although it is wrong, and served', (annotations) => {
    const stack = stackOf([anIngress({ annotations })]);
    expect(codesOf(stack)).toEqual(['ANNOTATION-UNUSED']);
    expect(stack.held).toEqual([]);
  });

  it('is not told where what would switch it on is itself refused', () => {
    const stack = stackOf([anIngress({ annotations: { 'backend-scheduler': 'UCH', 'backend-scheduler-uch-value': 'user' } })]);
    expect(codesOf(stack)).toEqual(['ANNOTATION-INVALID']);
  });
});
