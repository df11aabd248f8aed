/** Listeners. */
import { required } from '../caller.ts';
import { fromTags, started, toTags, unlessGone, withoutUndefined } from './answers.ts';
import type { AlbClient, AnswerOf } from './client.ts';
import { defaultSecurityPolicy } from './defaults.ts';
import type { Alb, Listener, ListenerSettings } from './port.ts';

type Listed = NonNullable<AnswerOf<'ListListeners'>['listeners']>[number];
const listing = 'ListListeners';

const secureSettingsOf = (found: Listed): Pick<ListenerSettings, 'http2Enabled' | 'securityPolicyId'> => ({
  http2Enabled: found.http2Enabled ?? true,
  securityPolicyId: found.securityPolicyId ?? defaultSecurityPolicy,
});

function settingsOf(found: Listed, protocol: string): ListenerSettings {
  // The service's own names and values, whatever they are.
  const forwarded = withoutUndefined(found.XForwardedForConfig ?? {}) as Readonly<Record<string, boolean | string>>;
  return {
    listenerDescription: found.listenerDescription ?? '',
    idleTimeout: found.idleTimeout ?? 15,
    requestTimeout: found.requestTimeout ?? 60,
    gzipEnabled: found.gzipEnabled ?? true,
    ...(protocol === 'HTTPS' ? secureSettingsOf(found) : {}),
    ...(Object.keys(forwarded).length === 0 ? {} : { xForwardedForConfig: forwarded }),
  };
}

function listenerOf(found: Listed): Listener {
  const protocol = required(found.listenerProtocol, listing, 'ListenerProtocol');
  const group = found.defaultActions?.[0]?.forwardGroupConfig?.serverGroupTuples?.[0]?.serverGroupId;
  return {
    listenerId: required(found.listenerId, listing, 'ListenerId'),
    loadBalancerId: required(found.loadBalancerId, listing, 'LoadBalancerId'),
    // The service's own value.
    protocol: protocol as Listener['protocol'],
    port: required(found.listenerPort, listing, 'ListenerPort'),
    defaultServerGroupId: group ?? '',
    settings: settingsOf(found, protocol),
    status: required(found.listenerStatus, listing, 'ListenerStatus'),
    tags: fromTags(found.tags),
  };
}

const settingsFor = ({ xForwardedForConfig, listenerDescription, certificateId, ...others }: ListenerSettings) => ({
  ...others,
  // 2 characters at least: an empty description cannot be sent.
  ...(listenerDescription === '' ? {} : { listenerDescription }),
  // The text of the service speaks of 20, its metadata of 1: here stands the default one alone.
  ...(certificateId === undefined ? {} : { certificates: [{ certificateId }] }),
  ...(xForwardedForConfig === undefined ? {} : { XForwardedForConfig: xForwardedForConfig }),
});

/** The one default action: everything that no rule takes goes to this group. */
const defaultActionsFor = (serverGroupId: string) => [
  { type: 'ForwardGroup', forwardGroupConfig: { serverGroupTuples: [{ serverGroupId }] } },
];

export type ListenerCalls = Pick<Alb, 'listListeners' | 'createListener' | 'updateListener' | 'deleteListener' | 'defaultCertificate'>;

export const listenerCalls = (client: AlbClient): ListenerCalls => ({
  listListeners: async (loadBalancerId) => {
    const found = await client.list(listing, { loadBalancerIds: [loadBalancerId] }, (answer) => answer.listeners);
    return found.map(listenerOf);
  },

  createListener: async ({ loadBalancerId, protocol, port, defaultServerGroupId, settings, tags, clientToken }) => {
    const answer = await client.call('CreateListener', {
      loadBalancerId,
      listenerProtocol: protocol,
      listenerPort: port,
      defaultActions: defaultActionsFor(defaultServerGroupId),
      ...settingsFor(settings),
      tag: toTags(tags),
      clientToken,
    });
    return { listenerId: required(answer.listenerId, 'CreateListener', 'ListenerId'), ...started('CreateListener', answer) };
  },

  updateListener: async (listenerId, { settings, defaultServerGroupId }, clientToken) => {
    const answer = await client.call('UpdateListenerAttribute', {
      listenerId,
      defaultActions: defaultActionsFor(defaultServerGroupId),
      ...settingsFor(settings),
      clientToken,
    });
    return started('UpdateListenerAttribute', answer);
  },

  deleteListener: async (listenerId, clientToken) => {
    const answer = await unlessGone(client.call('DeleteListener', { listenerId, clientToken }));
    return answer === undefined ? undefined : started('DeleteListener', answer);
  },

  defaultCertificate: async (listenerId) => {
    const answer = await client.call('GetListenerAttribute', { listenerId });
    return answer.certificates?.[0]?.certificateId ?? '';
  },
});
