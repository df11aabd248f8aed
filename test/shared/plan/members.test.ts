import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObservedServer, Server } from '#shared/cloud/alb/port.ts';
import { type MemberOperation, planMembers, serverKey } from '#shared/plan/members.ts';

const aServer = (index: number, weight = 100): Server => ({
  serverType: 'Eni',
  serverId: `eni-${index}`,
  serverIp: `10.64.0.${index}`,
  port: 8080,
  weight,
});
const observedAs = (status: string, index: number, weight = 100): ObservedServer => ({ ...aServer(index, weight), status });
const servers = (from: number, to: number): Server[] => Array.from({ length: to - from }, (_, index) => aServer(from + index));
const available = (from: number, to: number): ObservedServer[] => servers(from, to).map((one) => ({ ...one, status: 'Available' }));

const sizes = (operations: readonly MemberOperation[]): string[] =>
  operations.map((one) =>
    one.kind === 'replace' ? `replace +${one.added.length} -${one.removed.length}` : `${one.kind} ${one.servers.length}`,
  );

describe('planning members', () => {
  it('adds what is missing and does nothing the second time', () => {
    expect(sizes(planMembers({ wanted: servers(0, 3), observed: [] }).operations)).toEqual(['add 3']);
    expect(planMembers({ wanted: servers(0, 3), observed: available(0, 3) })).toEqual({ operations: [], waiting: [], empties: false });
  });

  it('exchanges with one call up to two hundred and two hundred', () => {
    expect(sizes(planMembers({ wanted: servers(200, 400), observed: available(0, 200) }).operations)).toEqual(['replace +200 -200']);
    expect(sizes(planMembers({ wanted: servers(500, 801), observed: available(0, 450) }).operations)).toEqual([
      'replace +200 -200',
      'replace +101 -200',
      'remove 50',
    ]);
  });

  it('changes weights forty a call, raising before and lowering after everything else', () => {
    const observed = [...available(0, 41).map((one) => ({ ...one, weight: 1 })), observedAs('Available', 90), observedAs('Available', 91)];
    const wanted = [...servers(0, 41), aServer(90, 0), aServer(99)];
    expect(sizes(planMembers({ wanted, observed }).operations)).toEqual(['update 40', 'update 1', 'replace +1 -1', 'update 1']);
  });

  it('makes room first where there is none, but for one that serves', () => {
    const tight = (wanted: readonly Server[], observed: readonly ObservedServer[]) =>
      sizes(planMembers({ wanted, observed, tight: true }).operations);
    expect(tight(servers(1, 5), available(0, 3))).toEqual(['remove 1', 'add 2']);
    expect(tight(servers(5, 8), available(0, 3))).toEqual(['remove 2', 'replace +3 -1']);
    expect(tight([], available(0, 3))).toEqual(['remove 3']);
  });

  it('neither adds what cannot be added nor takes it for unwanted', () => {
    const omitted = new Set(servers(3, 5).map(serverKey));
    expect(sizes(planMembers({ wanted: servers(3, 6), observed: available(0, 2), omitted }).operations)).toEqual(['replace +1 -2']);
    const plan = planMembers({ wanted: servers(3, 5), observed: available(0, 2), omitted });
    expect(plan).toMatchObject({ operations: [], empties: false });
  });

  it('knows an instance with and without its address', () => {
    const node = { serverType: 'Ecs', serverId: 'i-1', port: 30_080, weight: 100 } as const;
    const observed = [{ ...node, serverIp: '192.168.0.1', status: 'Available' }];
    expect(planMembers({ wanted: [{ ...node, serverIp: '' }], observed }).operations).toEqual([]);
  });

  it('waits for a server that is being removed before it comes back', () => {
    const plan = planMembers({ wanted: servers(0, 2), observed: [observedAs('Removing', 0), observedAs('Available', 1)] });
    expect(plan.operations).toEqual([]);
    expect(plan.waiting.map((one) => one.serverId)).toEqual(['eni-0']);
  });

  it('keeps the last one that answers until its successor does', () => {
    const plan = planMembers({ wanted: servers(1, 2), observed: [observedAs('Available', 0), observedAs('Adding', 1)] });
    expect(plan.operations).toEqual([]);
    expect(plan.waiting.map((one) => one.serverId)).toEqual(['eni-1']);
  });

  it('says when a group would be emptied', () => {
    expect(planMembers({ wanted: [], observed: available(0, 2) }).empties).toBe(true);
    expect(planMembers({ wanted: [], observed: [observedAs('Removing', 0)] }).empties).toBe(false);
  });
});

const apply = (now: readonly ObservedServer[], operation: MemberOperation): readonly ObservedServer[] => {
  const added = operation.kind === 'replace' ? operation.added : operation.kind === 'add' ? operation.servers : [];
  const removed = operation.kind === 'replace' ? operation.removed : operation.kind === 'remove' ? operation.servers : [];
  const updated = new Map((operation.kind === 'update' ? operation.servers : []).map((one) => [serverKey(one), one]));
  const there = new Set(now.map(serverKey));
  if (added.some((one) => there.has(serverKey(one)))) throw new Error('Conflict.BackendServer');
  if (removed.some((one) => !there.has(serverKey(one)))) throw new Error('ResourceNotFound.BackendServer');
  const gone = new Set(removed.map(serverKey));
  return [
    ...now.filter((one) => !gone.has(serverKey(one))).map((one) => ({ ...one, ...updated.get(serverKey(one)) })),
    ...added.map((one) => ({ ...one, status: 'Available' })),
  ];
};

const answers = (now: readonly ObservedServer[]): boolean => now.some((one) => one.status === 'Available' && one.weight > 0);
const weight = fc.constantFrom(0, 50, 100);
const aWanted = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 8 }), weight), { selector: ([index]) => index, maxLength: 8 });
const anObserved = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: 8 }), weight, fc.constantFrom('Available', 'Available', 'Adding', 'Removing', 'Configuring')),
  { selector: ([index]) => index, maxLength: 8 },
);

describe('from any servers to any others', () => {
  it('a group that answered, and is to answer, does so after every call', () => {
    fc.assert(
      fc.property(aWanted, anObserved, (want, have) => {
        const wanted = want.map(([index, one]) => aServer(index, one));
        let now: readonly ObservedServer[] = have.map(([index, one, status]) => observedAs(status, index, one));
        if (!answers(now) || !wanted.some((one) => one.weight > 0)) return;
        for (const operation of planMembers({ wanted, observed: now }).operations) {
          now = apply(now, operation);
          expect(answers(now)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('ends with exactly the wanted ones once the cloud has settled', () => {
    fc.assert(
      fc.property(aWanted, anObserved, (want, have) => {
        const wanted = want.map(([index, one]) => aServer(index, one));
        let now: readonly ObservedServer[] = have.map(([index, one, status]) => observedAs(status, index, one));
        for (let pass = 0; pass < 2; pass += 1) {
          now = planMembers({ wanted, observed: now }).operations.reduce(apply, now);
          now = now.filter((one) => one.status !== 'Removing').map((one) => ({ ...one, status: 'Available' }));
        }
        now = planMembers({ wanted, observed: now }).operations.reduce(apply, now);
        const texts = (list: readonly Server[]): string[] => list.map((one) => `${serverKey(one)} ${one.weight}`).sort();
        expect(texts(now)).toEqual(texts(wanted));
        expect(planMembers({ wanted, observed: now })).toEqual({ operations: [], waiting: [], empties: false });
      }),
      { numRuns: 500 },
    );
  });
});
