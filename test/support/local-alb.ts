/** The ALB emulator for contract suites: on a free port, with work that takes a few milliseconds. */
import { setTimeout as delay } from 'node:timers/promises';
import { type AlbService, startAlb } from '#infra/local/alb/start.ts';
import { localCredentials } from '#infra/local/credentials.ts';
import type { CloudOptions } from '#shared/cloud/options.ts';

const quick = 4;

export interface LocalAlb {
  readonly service: AlbService;
  readonly options: CloudOptions;
  /** Lets work that goes on after an answer come nearer to its end. */
  tick(): Promise<void>;
  /** Replaces the network interfaces of `vpc-local`. */
  hold(interfaces: readonly { readonly networkInterfaceId: string; readonly address: string }[]): Promise<void>;
}

async function putNetwork(url: string, interfaces: Parameters<LocalAlb['hold']>[0]): Promise<void> {
  const body = interfaces.map(({ networkInterfaceId, address }) => ({
    networkInterfaceId,
    privateIp: address,
    vpcId: 'vpc-local',
    vSwitchId: 'vsw-local-a',
    zoneId: 'cn-local-a',
    instanceId: 'i-local',
    socket: '',
  }));
  const answer = await fetch(`${url}/_/network`, { method: 'PUT', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`PUT /_/network answered ${answer.status}: ${await answer.text()}`);
}

export async function startLocalAlb(): Promise<LocalAlb> {
  const service = await startAlb({
    credentials: localCredentials,
    settings: {
      times: {
        loadBalancerMs: quick,
        loadBalancerUpdateMs: quick,
        listenerMs: quick,
        ruleMs: quick,
        serverGroupMs: quick,
        serversMs: quick,
        deleteMs: quick,
      },
    },
  });
  const { region, accessKeyId, accessKeySecret } = localCredentials;
  return {
    service,
    options: { endpoint: service.url, region, accessKeyId, accessKeySecret },
    tick: () => delay(2),
    hold: (interfaces) => putNetwork(service.url, interfaces),
  };
}
