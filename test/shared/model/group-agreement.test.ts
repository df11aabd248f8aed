/** What is wanted of a group is what the service takes, and what it answers afterwards: whatever the annotations that were accepted. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import type { Alb } from '#shared/cloud/alb/port.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { type LocalAlb, startLocalAlb } from '#test/support/local-alb.ts';
import { anIngress, aService, aSite, aWish } from '#test/support/objects.ts';

let local: LocalAlb;
let alb: Alb;
beforeAll(async () => {
  local = await startLocalAlb();
  alb = createAlb(local.options);
});
afterAll(async () => {
  alb.close();
  await local.service.stop();
});

const onOff = fc.constantFrom('true', 'false');
const number = (min: number, max: number) => fc.integer({ min: min - 1, max: max + 1 }).map(String);

const annotations = fc.record(
  {
    'backend-protocol': fc.constantFrom('http', 'https', 'grpc'),
    'backend-scheduler': fc.constantFrom('wrr', 'wlc', 'sch', 'uch'),
    'backend-scheduler-uch-value': fc.constantFrom('user', 'a.b_c'),
    'backend-keepalive': onOff,
    'slow-start-enabled': onOff,
    'slow-start-duration': number(30, 900),
    'connection-drain-enabled': onOff,
    'connection-drain-timeout': number(0, 900),
    'cross-zone-enabled': onOff,
    'server-group-type': fc.constantFrom('Ip', 'Instance'),
    'server-group-resource-group-id': fc.constantFrom('rg-acfm1'),
    'sticky-session': onOff,
    'sticky-session-type': fc.constantFrom('Insert', 'Server'),
    'cookie-timeout': number(1, 86_400),
    cookie: fc.constantFrom('JSESSIONID', "a!#$%&'*+.^_`|~-1", '$a'),
    'healthcheck-enabled': onOff,
    'healthcheck-protocol': fc.constantFrom('HTTP', 'HTTPS', 'TCP', 'GRPC'),
    'healthcheck-method': fc.constantFrom('HEAD', 'GET', 'POST'),
    'healthcheck-code': fc.constantFrom('http_2xx,http_3xx', '0', '0-20,99'),
    'healthcheck-path': fc.constantFrom('/', '/live?a=b'),
    'healthcheck-timeout-seconds': number(1, 300),
  },
  { requiredKeys: [] },
);

/** Behind whichever listeners: what is looked at is the group. */
function groupFor(written: Readonly<Record<string, string>>): ServerGroupSpec | undefined {
  const ingress = anIngress({ annotations: { ...written, 'listen-ports': '[{"HTTPS":443}]' } });
  const listener = { protocol: 'HTTPS', port: 443, certificates: [{ CertificateId: '1-cn-local' }] };
  const wish = aWish({ ingresses: [ingress], services: [aService('coffee')] });
  const albConfig = wish.albConfig && { ...wish.albConfig, spec: { ...wish.albConfig.spec, listeners: [listener] } };
  const stack = buildStack({ ...wish, albConfig }, { ...aSite, vpcId: 'vpc-local' });
  return stack.groups.find((one) => one.members !== undefined);
}

describe('settings that are accepted', () => {
  it('are accepted by the service, and found afterwards as they are wanted', async () => {
    const counts = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(annotations, async (written) => {
        const group = groupFor(written);
        if (group === undefined) {
          counts.refused += 1;
          return;
        }
        counts.accepted += 1;
        const clientToken = `token-${counts.accepted}`;
        const { settings, fixed, tags } = group;
        const { serverGroupId } = await alb.createServerGroup({ settings, fixed, tags, clientToken });
        local.clock.advance(10_000);
        const [found] = await alb.getServerGroups([serverGroupId]);
        expect(found).toMatchObject({ settings, fixed, tags });
      }),
      { numRuns: 150 },
    );
    expect(counts.accepted).toBeGreaterThan(20);
    expect(counts.refused).toBeGreaterThan(20);
  });
});
