/**
 * Annotations of an Ingress about every server group that is made for it, beside the protocol and the health check. Ranges are those of
 * CreateServerGroup.
 */
import { type Annotation, albPrefix, type Format } from './annotation.ts';
import { boolean, choice, integer, textLike } from './formats.ts';

const row = <T>(key: string, format: Format<T>, fallback: T, goesTo: string, text: string): Annotation<T> => ({
  keys: [`${albPrefix}${key}`],
  on: 'Ingress',
  format,
  default: fallback,
  goesTo,
  text,
});

const resourceGroup = textLike(/^rg-[a-z0-9-]{1,61}$/, 'the id of a resource group, such as rg-acfm1a2b3c');

/** What the service excludes, within what a cookie's name may be made of. */
const cookieName = textLike(
  /^(?!\$)[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$/,
  'the name of a cookie: 1 to 200 ASCII letters, digits and marks, without comma, semicolon and space, not beginning with $',
);

const queryKey = textLike(/^[^\s&=;#]{1,100}$/, 'the name of a query parameter, 1 to 100 characters without spaces and any of &=;#');

export const serverGroup = {
  scheduler: row(
    'backend-scheduler',
    choice('wrr', 'wlc', 'sch', 'uch'),
    'wrr',
    'Scheduler',
    'How requests are spread: `wrr` by weight in turn, `wlc` by weight to the fewest connections, `sch` by a hash of the client address, `uch` by a hash of a query parameter.',
  ),
  uchValue: row('backend-scheduler-uch-value', queryKey, '', 'UchConfig.Value', 'The query parameter that `uch` hashes, which needs it.'),
  keepalive: row<boolean | undefined>(
    'backend-keepalive',
    boolean,
    undefined,
    'UpstreamKeepaliveEnabled',
    'Keeps connections to servers open for further requests. Not written: new groups do, groups that exist keep what they have.',
  ),
  slowStart: row(
    'slow-start-enabled',
    boolean,
    false,
    'SlowStartConfig.SlowStartEnabled',
    'A new server gets its share bit by bit, once another one is healthy. Only with `wrr`.',
  ),
  slowStartDuration: row(
    'slow-start-duration',
    integer(30, 900),
    30,
    'SlowStartConfig.SlowStartDuration',
    'Seconds until a new server has its whole share.',
  ),
  drain: row(
    'connection-drain-enabled',
    boolean,
    false,
    'ConnectionDrainConfig.ConnectionDrainEnabled',
    'Lets connections to a server that was removed or became unhealthy end by themselves.',
  ),
  drainTimeout: row(
    'connection-drain-timeout',
    integer(0, 900),
    300,
    'ConnectionDrainConfig.ConnectionDrainTimeout',
    'Seconds after which such connections are closed. A pod should live as long (`preStop`, `terminationGracePeriodSeconds`).',
  ),
  crossZone: row(
    'cross-zone-enabled',
    boolean,
    true,
    'CrossZoneEnabled',
    'Off, requests stay in the zone where they arrive. Off not together with `sticky-session`. Whether the existing controller spells the key so is not confirmed.',
  ),
  type: row(
    'server-group-type',
    choice<'Instance' | 'Ip'>('Ip', 'Instance'),
    'Instance',
    'ServerGroupType',
    '`Ip` registers addresses as they are: pods of any network, addresses outside of the VPC. A change makes a new server group.',
  ),
  resourceGroupId: row(
    'server-group-resource-group-id',
    resourceGroup,
    '',
    'CreateServerGroup.ResourceGroupId',
    'Resource group of the server groups; the default one of the account without it. A change makes a new server group.',
  ),
  sticky: row(
    'sticky-session',
    boolean,
    false,
    'StickySessionConfig.StickySessionEnabled',
    'Keeps a client on the server that it came to first. Not together with `cross-zone-enabled: false`.',
  ),
  stickyType: row(
    'sticky-session-type',
    choice<'Insert' | 'Server'>('Insert', 'Server'),
    'Insert',
    'StickySessionConfig.StickySessionType',
    '`Insert`: the load balancer plants a cookie of its own, SERVERID. `Server`: it rewrites the cookie that the application sets.',
  ),
  cookieTimeout: row(
    'cookie-timeout',
    integer(1, 86_400),
    1000,
    'StickySessionConfig.CookieTimeout',
    'Seconds that the cookie of `Insert` lives.',
  ),
  cookie: row('cookie', cookieName, '', 'StickySessionConfig.Cookie', 'The cookie of the application, which `Server` needs.'),
} as const;
