/** A thousand servers: what a call costs grows with what it names, not with what there is. Look-ups are counted, not timed. */
import { describe, expect, it } from 'vitest';
import type { Cloud } from '#infra/local/alb/cloud.ts';
import { viewOf } from '#infra/local/alb/in-force.ts';
import { createJobs } from '#infra/local/alb/jobs.ts';
import { serverGroupOperations } from '#infra/local/alb/server-groups.ts';
import { serverOperations } from '#infra/local/alb/servers.ts';
import { changeSettings } from '#infra/local/alb/settings.ts';
import { createState } from '#infra/local/alb/state.ts';
import type { LocalInterface } from '#infra/local/alb/view.ts';
import { podInterface } from '../../../support/local-alb.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

const addressOf = (index: number): string => `10.64.${Math.floor(index / 250)}.${(index % 250) + 1}`;
const indices = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** A network that counts how often any of its entries is looked at. */
function countedNetwork(size: number) {
  const counted = { looks: 0 };
  const interfaces = indices(0, size).map(
    (index): LocalInterface =>
      new Proxy(podInterface(`eni-${index}`, addressOf(index), { socket: `127.0.0.1:${10_000 + index}` }), {
        get(target, name) {
          counted.looks += 1;
          return Reflect.get(target, name);
        },
      }),
  );
  return { interfaces, counted };
}

function bigCloud(size: number) {
  const clock = createVirtualClock();
  const state = createState('cn-local');
  const settings = changeSettings(undefined, {});
  const jobs = createJobs(clock, state);
  const cloud: Cloud = {
    region: 'cn-local',
    clock,
    state,
    jobs,
    settings: () => settings,
    health: () => undefined,
    wishedHealth: () => [],
  };
  const { interfaces, counted } = countedNetwork(size);
  state.setInterfaces(interfaces);
  const operations = [...serverGroupOperations, ...serverOperations].map((serve) => serve(cloud));
  const call = (action: string, params: Parameters<(typeof operations)[number]['prepare']>[0]) => {
    const operation = operations.find((one) => one.action === action);
    const answer = operation?.prepare(params, { action, requestId: 'r', failJobWith: undefined })();
    clock.advance(1000);
    return answer ?? {};
  };
  const created = call('CreateServerGroup', {
    ServerGroupName: 'big',
    VpcId: 'vpc-local',
    HealthCheckConfig: { HealthCheckEnabled: false },
  });
  return { call, counted, view: viewOf(state), id: String(created['ServerGroupId']) };
}

const serversOf = (which: readonly number[]) =>
  which.map((index) => ({ ServerType: 'Eni', ServerId: `eni-${index}`, ServerIp: addressOf(index), Port: 8080 }));

describe('a thousand servers', () => {
  it('are added in five calls that look at each of their interfaces a few times, and at no other', () => {
    const { call, counted, view, id } = bigCloud(2000);
    counted.looks = 0;
    for (const start of [0, 200, 400, 600, 800]) {
      const before = counted.looks;
      call('AddServersToServerGroup', { ServerGroupId: id, Servers: serversOf(indices(start, start + 200)) });
      expect(counted.looks - before).toBeLessThanOrEqual(200 * 10);
    }
    expect(view.group(id)?.Servers).toHaveLength(1000);
  });

  it('are seen and reached without looking through the network for each', () => {
    const { call, counted, view, id } = bigCloud(2000);
    for (const start of [0, 200, 400, 600, 800]) {
      call('AddServersToServerGroup', { ServerGroupId: id, Servers: serversOf(indices(start, start + 200)) });
    }
    counted.looks = 0;
    const servers = view.group(id)?.Servers ?? [];
    for (const one of servers) {
      expect(view.socketOf(one.ServerIp, one.Port)?.port).toBeGreaterThanOrEqual(10_000);
      expect(view.zoneOf(one.ServerIp)).toBe('cn-local-a');
    }
    expect(counted.looks).toBeLessThanOrEqual(1000 * 5);
  });

  it('are the same view until something changes, and another one after', () => {
    const { call, view, id } = bigCloud(10);
    call('AddServersToServerGroup', { ServerGroupId: id, Servers: serversOf([1, 2]) });
    const first = view.group(id);
    expect(view.group(id)).toBe(first);
    call('RemoveServersFromServerGroup', { ServerGroupId: id, Servers: serversOf([1]) });
    expect(view.group(id)?.Servers).toEqual([expect.objectContaining({ ServerId: 'eni-2' })]);
    expect(first?.Servers).toHaveLength(2);
  });

  it('are taken 200 at a time, each side of a replacement by itself, and weighed 40 at a time', () => {
    const { call, id } = bigCloud(500);
    const codeOf = (action: string, params: Parameters<typeof call>[1]): string => {
      try {
        call(action, { ServerGroupId: id, ...params });
        return '';
      } catch (error) {
        return (error as { readonly code: string }).code; // a refusal of the service
      }
    };
    expect(codeOf('AddServersToServerGroup', { Servers: serversOf(indices(0, 201)) })).toBe('IllegalParam.Servers');
    expect(codeOf('AddServersToServerGroup', { Servers: serversOf(indices(0, 200)) })).toBe('');
    const replacing = (added: readonly number[], removed: readonly number[]) =>
      codeOf('ReplaceServersInServerGroup', { AddedServers: serversOf(added), RemovedServers: serversOf(removed) });
    expect(replacing(indices(200, 401), indices(0, 200))).toBe('IllegalParam.AddedServers');
    expect(replacing(indices(200, 400), indices(0, 200))).toBe('');
    expect(codeOf('UpdateServerGroupServersAttribute', { Servers: serversOf(indices(200, 241)) })).toBe('IllegalParam.Servers');
    expect(codeOf('UpdateServerGroupServersAttribute', { Servers: serversOf(indices(200, 240)) })).toBe('');
    expect(codeOf('RemoveServersFromServerGroup', { Servers: serversOf(indices(199, 400)) })).toBe('IllegalParam.Servers');
    expect(codeOf('RemoveServersFromServerGroup', { Servers: serversOf(indices(200, 400)) })).toBe('');
  });
});
