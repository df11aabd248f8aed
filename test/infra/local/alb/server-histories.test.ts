/** Whatever is done to the servers of a group, in whatever order and however it fails: lists, counts and what is in force agree. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parameters, Value } from '#infra/local/openapi/shape.ts';
import { podInterface } from '../../../support/local-alb.ts';
import { type CloudInPlace, cloudInPlace } from './cloud-in-place.ts';

const pods = [1, 2, 3, 4, 5];
const serverOf = (index: number, Weight?: number): Value => ({
  ServerType: 'Eni',
  ServerId: `eni-${index}`,
  ServerIp: `10.64.0.${index}`,
  Port: 8080,
  ...(Weight === undefined ? {} : { Weight }),
});

interface Move {
  readonly what: 'add' | 'remove' | 'replace' | 'weigh' | 'drain';
  readonly these: readonly number[];
  readonly those: readonly number[];
  readonly weight: number;
  readonly fails: boolean;
  readonly pauseMs: number;
}

const requests: Readonly<Record<Move['what'], (move: Move) => readonly [string, Parameters]>> = {
  add: ({ these, weight }) => ['AddServersToServerGroup', { Servers: these.map((one) => serverOf(one, weight)) }],
  remove: ({ these }) => ['RemoveServersFromServerGroup', { Servers: these.map((one) => serverOf(one)) }],
  replace: ({ these, those, weight }) => [
    'ReplaceServersInServerGroup',
    { AddedServers: these.map((one) => serverOf(one, weight)), RemovedServers: those.map((one) => serverOf(one)) },
  ],
  weigh: ({ these, weight }) => ['UpdateServerGroupServersAttribute', { Servers: these.map((one) => serverOf(one, weight)) }],
  drain: ({ weight }) => [
    'UpdateServerGroupAttribute',
    { ConnectionDrainConfig: { ConnectionDrainEnabled: weight > 50, ConnectionDrainTimeout: 5 } },
  ],
};

interface Listed {
  readonly ServerId: string;
  readonly Status: string;
  readonly Weight: number;
}

/** What is right to be in the group, kept apart from the emulator: weight by server. */
class Model {
  servers = new Map<string, number>();

  /** After a call that was let through and whose job did its work. */
  follow({ what, these, those, weight }: Move): void {
    const names = (which: readonly number[]) => which.map((one) => `eni-${one}`);
    if (what === 'remove') for (const one of names(these)) this.servers.delete(one);
    if (what === 'replace') for (const one of names(those)) this.servers.delete(one);
    if (['add', 'replace', 'weigh'].includes(what)) for (const one of names(these)) this.servers.set(one, weight);
  }
}

function look(cloud: CloudInPlace, id: string) {
  // Shapes of the service's answers.
  const servers = cloud.call('ListServerGroupServers', { ServerGroupId: id, MaxResults: 100 })['Servers'] as readonly Listed[];
  const [group] = cloud.call('ListServerGroups', { ServerGroupIds: [id] })['ServerGroups'] as readonly {
    readonly ServerGroupStatus: string;
    readonly ServerCount: number;
  }[];
  return { servers, status: group?.ServerGroupStatus, count: group?.ServerCount, inForce: cloud.view.group(id)?.Servers ?? [] };
}

const sorted = (items: readonly string[]): readonly string[] => [...items].sort();

function checkAgreement(cloud: CloudInPlace, id: string): void {
  const { servers, status, count, inForce } = look(cloud, id);
  expect(count).toBe(servers.length);
  const rest = servers.filter((one) => one.Status === 'Available').map((one) => one.ServerId);
  expect(new Set(inForce.map((one) => one.ServerId)).size).toBe(inForce.length);
  for (const one of rest) expect(inForce.map((each) => each.ServerId)).toContain(one);
  if (status === 'Available') {
    expect(sorted(inForce.map((one) => `${one.ServerId} ${one.Weight}`))).toEqual(
      sorted(servers.filter((one) => one.Status === 'Available').map((one) => `${one.ServerId} ${one.Weight}`)),
    );
    for (const one of servers) expect(['Available', 'Removing']).toContain(one.Status);
  }
}

function play(cloud: CloudInPlace, id: string, moves: readonly Move[]): { readonly done: number; readonly refused: number } {
  const model = new Model();
  const counts = { done: 0, refused: 0 };
  for (const move of moves) {
    const [action, params] = requests[move.what](move);
    const servedBefore = look(cloud, id).inForce.length;
    const code = cloud.codeOf(action, { ServerGroupId: id, ...params }, move.fails);
    counts[code === '' ? 'done' : 'refused'] += 1;
    checkAgreement(cloud, id);
    // Whatever is exchanged, somebody serves meanwhile.
    if (move.what !== 'remove' && servedBefore > 0) expect(look(cloud, id).inForce.length).toBeGreaterThan(0);
    cloud.clock.advance(500);
    if (code === '' && !move.fails) model.follow(move);
    checkAgreement(cloud, id);
    const { servers } = look(cloud, id);
    expect(sorted(servers.filter((one) => one.Status !== 'Removing').map((one) => `${one.ServerId} ${one.Weight}`))).toEqual(
      sorted([...model.servers].map(([name, weight]) => `${name} ${weight}`)),
    );
    cloud.clock.advance(move.pauseMs);
  }
  cloud.clock.advance(10_000);
  expect(look(cloud, id).count).toBe(model.servers.size);
  return counts;
}

const some = fc.uniqueArray(fc.constantFrom(...pods), { minLength: 1, maxLength: 3 });
const move: fc.Arbitrary<Move> = fc.record({
  what: fc.constantFrom('add', 'add', 'remove', 'replace', 'weigh', 'drain'),
  these: some,
  those: some,
  weight: fc.integer({ min: 0, max: 100 }),
  fails: fc.constantFrom(false, false, false, false, true),
  pauseMs: fc.constantFrom(0, 1000, 6000),
});

describe('any history of servers', () => {
  it.each([
    ['as it comes', {}],
    ['drained ones listed', { drainingServers: 'listed' }],
    ['drained ones listed and kept out', { drainingServers: 'listed', readdedServers: 'configuring' }],
    ['drained ones gone and kept out', { readdedServers: 'conflict' }],
    ['into a group that is being created', { creatingGroupAcceptsServers: true, newGroupStatus: 'Provisioning' }],
  ])('leaves lists, counts and what is in force in agreement: %s', (_, settings) => {
    const total = { done: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(move, { minLength: 5, maxLength: 25 }), (moves) => {
        const cloud = cloudInPlace(
          pods.map((one) => podInterface(`eni-${one}`, `10.64.0.${one}`)),
          settings,
        );
        const made = cloud.call('CreateServerGroup', {
          ServerGroupName: 'any',
          VpcId: 'vpc-local',
          HealthCheckConfig: { HealthCheckEnabled: false },
        });
        if (!('creatingGroupAcceptsServers' in settings)) cloud.clock.advance(1000);
        const counts = play(cloud, String(made['ServerGroupId']), moves);
        total.done += counts.done;
        total.refused += counts.refused;
      }),
      { numRuns: 60 },
    );
    // A history of refusals would prove nothing, nor would one without any.
    expect(total.done).toBeGreaterThan(100);
    expect(total.refused).toBeGreaterThan(20);
  });
});
