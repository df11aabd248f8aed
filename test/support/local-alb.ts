/** The emulated ALB for tests: its clock is the test's, its network has a few pods, and its doors are at hand. */

import { type AlbDataPlane, type AlbOptions, type AlbService, startAlb } from '#infra/local/alb/start.ts';
import type { AlbView, LocalInterface } from '#infra/local/alb/view.ts';
import { localCredentials } from '#infra/local/credentials.ts';
import type { JournalEntry } from '#infra/local/service.ts';
import type { CloudOptions } from '#shared/cloud/options.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface LocalAlb {
  readonly service: AlbService;
  readonly clock: VirtualClock;
  readonly options: CloudOptions;
  readonly region: string;
  put(door: 'settings' | 'faults' | 'network' | 'health', body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  state(): Promise<Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>>;
  journal(after?: number): Promise<readonly JournalEntry[]>;
}

/** A network interface of one pod in the local VPC. */
export const podInterface = (networkInterfaceId: string, privateIp: string, more: Partial<LocalInterface> = {}): LocalInterface => ({
  networkInterfaceId,
  privateIp,
  vpcId: 'vpc-local',
  vSwitchId: 'vsw-local-a',
  zoneId: `${localCredentials.region}-a`,
  instanceId: `i-${networkInterfaceId}`,
  socket: '',
  ...more,
});

/** `eni-1` … `eni-9` with 10.64.0.1 … 10.64.0.9; `eni-1` has 10.64.0.99 as well. */
const fewPods: readonly LocalInterface[] = [
  ...Array.from({ length: 9 }, (_, index) => podInterface(`eni-${index + 1}`, `10.64.0.${index + 1}`)),
  podInterface('eni-1', '10.64.0.99'),
];

export interface LocalAlbOptions extends Partial<Omit<AlbOptions, 'clock' | 'dataPlane'>> {
  /** Routes traffic; it gets the test's clock. */
  readonly dataPlane?: (view: AlbView, clock: VirtualClock) => AlbDataPlane;
}

export async function startLocalAlb({ dataPlane, ...options }: LocalAlbOptions = {}): Promise<LocalAlb> {
  const clock = createVirtualClock();
  const traffic = dataPlane === undefined ? {} : { dataPlane: (view: AlbView) => dataPlane(view, clock) };
  const service = await startAlb({ credentials: localCredentials, clock, ...options, ...traffic });
  const put: LocalAlb['put'] = async (door, body) => {
    const response = await fetch(`${service.url}/_/${door}`, { method: 'PUT', body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
  await put('network', fewPods);
  return {
    service,
    clock,
    region: localCredentials.region,
    options: {
      endpoint: service.url,
      region: localCredentials.region,
      accessKeyId: localCredentials.accessKeyId,
      accessKeySecret: localCredentials.accessKeySecret,
    },
    put,
    // The door's JSON, in the shapes of snapshot.ts.
    state: async () => (await fetch(`${service.url}/_/state`)).json() as ReturnType<LocalAlb['state']>,
    journal: async (after = 0) => {
      const text = await (await fetch(`${service.url}/_/journal?after=${after}`)).text();
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line): JournalEntry => JSON.parse(line));
    },
  };
}
