/**
 * Settings of a server group that change one after the other over the processes of `npm start`, under requests that never stop: where a
 * setting makes another group, rules move to it when it has servers, and the former one goes. `group-settings.test.ts` has what each does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comes, countedCalls, type LiveShop, openShop, shopIngress, shopMs } from '#test/support/live-shop.ts';
import { type PodServers, startServers } from '#test/support/routed-servers.ts';

type Annotations = Readonly<Record<string, string>>;

interface Turn {
  readonly what: string;
  readonly annotations: Annotations;
  /** Of the Service. Absent: 80. */
  readonly port?: number;
  /** What the group then says of itself. */
  readonly shows: Readonly<Record<string, unknown>>;
}

/** Only there may pods be asked over TLS. */
const secureOnly = { 'listen-ports': '[{"HTTPS":443}]' };
const draining = { 'connection-drain-enabled': 'true', 'connection-drain-timeout': '10' };
const checked = { 'healthcheck-enabled': 'true', 'healthcheck-interval-seconds': '1', 'healthcheck-timeout-seconds': '1' };
const off = { HealthCheckEnabled: false };
const plain = { Scheduler: 'Wrr', Protocol: 'HTTP', ServerGroupType: 'Instance' };

const turns: readonly Turn[] = [
  { what: 'the fewest connections', annotations: { 'backend-scheduler': 'wlc' }, shows: { Scheduler: 'Wlc' } },
  { what: 'a hash of the address', annotations: { 'backend-scheduler': 'sch' }, shows: { Scheduler: 'Sch' } },
  {
    what: 'a hash of a parameter',
    annotations: { 'backend-scheduler': 'uch', 'backend-scheduler-uch-value': 'id' },
    shows: { Scheduler: 'Uch' },
  },
  { what: 'in turn', annotations: {}, shows: plain },
  { what: 'sticky', annotations: { 'sticky-session': 'true' }, shows: { StickySessionConfig: { StickySessionEnabled: true } } },
  {
    what: 'sticky by its own cookie',
    annotations: { 'sticky-session': 'true', 'sticky-session-type': 'Server', cookie: 'basket' },
    shows: { StickySessionConfig: { StickySessionType: 'Server' } },
  },
  { what: 'not sticky', annotations: {}, shows: { StickySessionConfig: { StickySessionEnabled: false } } },
  { what: 'draining', annotations: draining, shows: { ConnectionDrainConfig: { ConnectionDrainEnabled: true } } },
  { what: 'not draining', annotations: {}, shows: { ConnectionDrainConfig: { ConnectionDrainEnabled: false } } },
  { what: 'checked', annotations: checked, shows: { HealthCheckConfig: { HealthCheckEnabled: true } } },
  {
    what: 'checked by TCP',
    annotations: { ...checked, 'healthcheck-protocol': 'TCP' },
    shows: { HealthCheckConfig: { HealthCheckProtocol: 'TCP' } },
  },
  { what: 'not checked', annotations: {}, shows: { HealthCheckConfig: off } },
  { what: 'a slow start', annotations: { 'slow-start-enabled': 'true' }, shows: { SlowStartConfig: { SlowStartEnabled: true } } },
  { what: 'connections anew', annotations: { 'backend-keepalive': 'false' }, shows: { UpstreamKeepaliveEnabled: false } },
  { what: 'connections kept', annotations: { 'backend-keepalive': 'true' }, shows: { UpstreamKeepaliveEnabled: true } },
  { what: 'one zone', annotations: { 'cross-zone-enabled': 'false' }, shows: { CrossZoneEnabled: false } },
  { what: 'all zones', annotations: {}, shows: { CrossZoneEnabled: true } },
  { what: 'bare addresses', annotations: { 'server-group-type': 'Ip' }, shows: { ServerGroupType: 'Ip' } },
  {
    what: 'a resource group',
    annotations: { 'server-group-resource-group-id': 'rg-acfm1a2b3c' },
    shows: { ServerGroupType: 'Instance', ResourceGroupId: 'rg-acfm1a2b3c' },
  },
  { what: 'HTTPS to pods', annotations: { 'backend-protocol': 'https' }, port: 443, shows: { Protocol: 'HTTPS' } },
  {
    what: 'HTTPS to pods, checked by it',
    annotations: { 'backend-protocol': 'https', ...checked, 'healthcheck-protocol': 'HTTPS' },
    port: 443,
    shows: { Protocol: 'HTTPS', HealthCheckConfig: { HealthCheckProtocol: 'HTTPS' } },
  },
  { what: 'as at first', annotations: {}, shows: { ...plain, HealthCheckConfig: off } },
];

describe('every setting of a server group', () => {
  let shop: LiveShop;
  let secure: PodServers;
  beforeAll(async () => {
    secure = await startServers(() => ({ namespace: 'shop', ingress: '', service: 'web', pod: 'web-secure' }), { speaks: 'https' });
    shop = await openShop({
      options: { nodes: 2 },
      port: 443,
      annotations: { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' },
      workload: { replicas: 4, podAnnotations: { 'local.albeit.io/socket': `8443=${secure.first.socket}` } },
      service: {
        ports: [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: 'https', port: 443, targetPort: 8443 },
        ],
      },
    });
  }, 180_000);
  afterAll(async () => {
    await shop?.stop();
    await secure.first.stop(0);
  });

  /** Of the Service; the listener has one of its own. */
  const groups = async () => (await shop.cloud.held()).serverGroups.filter((one) => String(one['ServerGroupName']).startsWith('shop-web-'));

  it.each(turns.map((turn) => [turn.what, turn] as const))(
    'changes with no request lost: %s',
    async (what, { annotations, port, shows }) => {
      const [since, before] = [(await shop.cloud.calls('alb')).at(-1)?.seq ?? 0, shop.probes.count()];
      await shop.replace(shopIngress({ ...secureOnly, ...annotations }, port));
      const isThere = async (): Promise<boolean> => {
        const found = await groups();
        return found.length === 1 && matches(found[0], shows);
      };
      await comes(isThere, `one group: ${what}`).catch(async (error: unknown) => {
        throw new Error(`${String(error)}; there is ${JSON.stringify([await groups(), await shop.warnings('web')])}`);
      });
      await shop.cloud.rest(shopMs);
      const made = countedCalls(await shop.cloud.calls('alb', since));
      console.log(`${what}: ${shop.probes.count() - before} answers; ${JSON.stringify(made)}`);
      expect((await groups())[0]?.['Servers']).toHaveLength(4);
      expect(shop.lost()).toEqual({});
      expect(shop.cloud.deaths).toEqual([]);
    },
    120_000,
  );
});

/** Whether everything that is wanted is so in what is there, member by member. */
const matches = (there: unknown, wanted: unknown): boolean =>
  typeof wanted === 'object' && wanted !== null
    ? Object.entries(wanted).every(([key, value]) => matches((there as Readonly<Record<string, unknown>> | undefined)?.[key], value))
    : there === wanted;
