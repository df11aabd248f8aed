/** A thousand servers: what a call costs grows with what it names, not with what there is. Look-ups are counted, not timed. */
import { describe, expect, it } from 'vitest';
import type { LocalInterface } from '#infra/local/alb/view.ts';
import type { Parameters } from '#infra/local/openapi/shape.ts';
import { podInterface } from '../../../support/local-alb.ts';
import { type CloudInPlace, cloudInPlace } from './cloud-in-place.ts';

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
  const { interfaces, counted } = countedNetwork(size);
  const { clock, view, ...cloud } = cloudInPlace(interfaces);
  const call: CloudInPlace['call'] = (action, params) => {
    const answer = cloud.call(action, params);
    clock.advance(1000);
    return answer;
  };
  const created = call('CreateServerGroup', {
    ServerGroupName: 'big',
    VpcId: 'vpc-local',
    HealthCheckConfig: { HealthCheckEnabled: false },
  });
  const id = String(created['ServerGroupId']);
  const codeOf = (action: string, params: Parameters): string => {
    const code = cloud.codeOf(action, { ServerGroupId: id, ...params });
    clock.advance(1000);
    return code;
  };
  return { call, codeOf, counted, view, id };
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
    const { codeOf } = bigCloud(500);
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
