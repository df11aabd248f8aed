/**
 * Any interleaving of endpoint events, messages that come twice or late, and handlers side by side, of which some die, while the service
 * throttles, fails jobs and loses answers, and does what is not known of it in one way or another: no instant is dark, and it ends in the members that the API server shows.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { aCafe, anEndpointSlice, podIp, serviceName } from '#test/support/cafe.ts';
import { DarkWatch } from '#test/support/dark-watch.ts';
import { anIngress, aPath } from '#test/support/objects.ts';
import { Race, type Racer } from '#test/support/racing.ts';
import { rowsOfPairs } from '#test/support/switch-rows.ts';
import { settingsOfRow } from '#test/support/switches.ts';
import { whole } from '#test/support/whole.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const service = serviceName(1);
const mostPods = 5;
/** A call that waited longer would have been given up by its client. */
const patienceMs = 4000;
/** At the same time at work. */
const mostRacers = 3;

const states = {
  absent: undefined,
  ready: { ready: true, serving: true, terminating: false },
  starting: { ready: false, serving: false, terminating: false },
  leaving: { ready: false, serving: true, terminating: true },
  gone: { ready: false, serving: false, terminating: true },
} as const;
type State = keyof typeof states;

type Act =
  | { readonly kind: 'endpoints'; readonly pods: readonly State[]; readonly messages: readonly number[] }
  | { readonly kind: 'begin' }
  | { readonly kind: 'calls'; readonly picks: readonly number[] }
  | { readonly kind: 'die'; readonly pick: number; readonly done: boolean }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'again'; readonly what: 'resync' | 'changed' | 'members' }
  | { readonly kind: 'fault'; readonly fault: string; readonly action: string };

const faults = ['throttle', 'lost-answer', 'failed-job', 'reset'] as const;
const actions = [
  'AddServersToServerGroup',
  'RemoveServersFromServerGroup',
  'ReplaceServersInServerGroup',
  'ListServerGroupServers',
  'ListAsynJobs',
];

const pods = fc.array(fc.constantFrom<State>('absent', 'absent', 'ready', 'ready', 'starting', 'leaving', 'gone'), {
  minLength: mostPods,
  maxLength: mostPods,
});
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    // A message at least; some come twice, some late (seconds).
    arbitrary: fc.record({
      kind: fc.constant('endpoints' as const),
      pods,
      messages: fc.array(fc.constantFrom(0, 0, 0.3, 2), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'begin' as const }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('calls' as const), picks: fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), pick: fc.nat({ max: 11 }), done: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(50, 300, 600, 1500) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('again' as const),
      what: fc.constantFrom('resync' as const, 'changed' as const, 'members' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('fault' as const), fault: fc.constantFrom(...faults), action: fc.constantFrom(...actions) }),
  },
);

/** Rows of the emulator's switches; 0: none is turned. */
const rows = fc.constantFrom(0, 0, ...rowsOfPairs);

/** As the API server shows it. */
function sliceOf(wanted: readonly State[]): EndpointSlice {
  const slice = anEndpointSlice(
    service,
    wanted.map((_, pod) => podIp(1, pod)),
  );
  const endpoints = slice.endpoints.flatMap((one, pod) => {
    const conditions = states[wanted[pod] ?? 'absent'];
    return conditions === undefined ? [] : [{ ...one, conditions }];
  });
  return { ...slice, endpoints };
}

const inState = (wanted: readonly State[], state: State): readonly string[] =>
  wanted.flatMap((one, pod) => (one === state ? [podIp(1, pod)] : []));

/** Said anew here, apart from the product: the ready ones, else those that still answer on their way out. */
function countingIn(wanted: readonly State[]): readonly string[] {
  const ready = inState(wanted, 'ready');
  return ready.length > 0 ? ready : inState(wanted, 'leaving');
}

/** What is wrong with the members of a group at the end. Of those on their way out the ones that are still there stay; none is taken back. */
function faultOf(members: readonly string[], wanted: readonly State[]): string | undefined {
  const counting = countingIn(wanted);
  const isWhole = members.length === counting.length || (inState(wanted, 'ready').length === 0 && members.length > 0);
  const fine = isWhole && members.every((one) => counting.includes(one));
  return fine ? undefined : `${members.join()} instead of ${counting.join()}`;
}

class Trial {
  readonly bench: Workbench;
  readonly race: Race;
  readonly watch: DarkWatch;
  wanted: readonly State[] = ['ready', 'ready', 'absent', 'absent', 'absent'];

  constructor(bench: Workbench, groups: readonly string[]) {
    this.bench = bench;
    this.watch = new DarkWatch(bench.alb.service.view, groups);
    this.watch.wish(2);
    this.race = new Race(bench, this.watch.onCall);
  }

  async play(one: Act): Promise<void> {
    if (one.kind === 'endpoints') await this.#endpoints(one);
    else if (one.kind === 'begin') await this.#begin();
    else if (one.kind === 'calls') await this.#calls(one.picks);
    else if (one.kind === 'die') await this.#die(one);
    else if (one.kind === 'pass') await this.#pass(one.ms);
    else if (one.kind === 'fault') await this.bench.alb.put('faults', [{ match: { action: one.action }, times: 1, kind: one.fault }]);
    else if (one.what === 'resync') this.bench.resync();
    else if (one.what === 'changed') this.bench.changed();
    else this.bench.membersChanged('shop', service);
  }

  /** Lets everybody come to an end, first come first served, with faults as they are. */
  async finish(): Promise<void> {
    for (let calls = 0; this.race.racers.length > 0; calls++) {
      if (calls > 3000)
        throw new Error(`handlers that never end: ${this.race.racers.map((one) => one.tickets.map(({ what }) => what).join()).join('; ')}`);
      await this.#calls([0]);
    }
  }

  async #endpoints({ pods: wanted, messages }: Extract<Act, { kind: 'endpoints' }>): Promise<void> {
    this.wanted = wanted;
    this.watch.wish(countingIn(wanted).length);
    const slice = sliceOf(wanted);
    await this.bench.kube.mergePatch(
      { kind: 'EndpointSlice', namespace: 'shop', name: slice.metadata.name },
      { endpoints: slice.endpoints },
    );
    for (const delaySeconds of messages) this.bench.membersChanged('shop', service, { delaySeconds });
  }

  async #begin(): Promise<void> {
    if (this.race.racers.length < mostRacers) await this.race.begin();
  }

  /** All calls that wait, each with who wants it. */
  #waiting(): readonly { readonly racer: Racer; readonly ticket: Racer['tickets'][number] }[] {
    return this.race.racers.flatMap((racer) => racer.tickets.map((ticket) => ({ racer, ticket })));
  }

  async #calls(picks: readonly number[]): Promise<void> {
    for (const pick of picks) {
      const waiting = this.#waiting();
      const next = waiting[pick % Math.max(1, waiting.length)];
      if (next === undefined) await this.#begin();
      else await this.race.step(next.racer, next.ticket);
    }
  }

  async #die({ pick, done }: Extract<Act, { kind: 'die' }>): Promise<void> {
    const waiting = this.#waiting();
    const next = waiting[pick % Math.max(1, waiting.length)];
    if (next !== undefined) await this.race.kill(next.racer, done ? next.ticket : undefined);
  }

  async #pass(ms: number): Promise<void> {
    const late = this.bench.alb.clock.now() + ms - patienceMs;
    for (let next = this.#waiting().find(({ ticket }) => ticket.since < late); next !== undefined; ) {
      await this.race.step(next.racer, next.ticket);
      next = this.#waiting().find(({ ticket }) => ticket.since < late);
    }
    await this.race.pass(ms);
  }
}

type Item = Readonly<Record<string, unknown>>;

async function groupsOf(bench: Workbench): Promise<readonly Item[]> {
  return ((await bench.alb.state())['serverGroups'] ?? []).filter((one) => String(one['ServerGroupName']).includes(service));
}
// The snapshot's own shape: members are only compared.
const addressesOf = (group: Item): readonly string[] =>
  ((group['Servers'] ?? []) as readonly Item[]).map((one) => String(one['ServerIp'])).sort();

/** One Service with a group for each of two Ingresses that ask for different settings. */
async function open(settings: unknown): Promise<Workbench> {
  const { objects, pods: addresses } = aCafe(1, 2);
  const annotations = { 'healthcheck-enabled': 'true' };
  const other = anIngress({ name: 'checked', host: 'checked.example.com', paths: [aPath('/', service)], annotations });
  const bench = await createWorkbench([...objects, other], addresses, settings);
  bench.resync();
  await bench.settle();
  return bench;
}

describe('members of a Service', () => {
  it('are never gone at any instant while some are wanted, and end as the API server shows them', async () => {
    let looks = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: whole ? 90 : 60, size: 'max' }), rows, async (acts, row) => {
        const bench = await open(row === 0 ? {} : settingsOfRow(row));
        const groups = await groupsOf(bench);
        expect(groups.map(addressesOf)).toEqual([countingIn(['ready', 'ready']), countingIn(['ready', 'ready'])]);
        const trial = new Trial(
          bench,
          groups.map((one) => String(one['ServerGroupId'])),
        );
        try {
          for (const one of acts) await trial.play(one);
          await trial.finish();
          await bench.alb.put('faults', []);
          await bench.settle();
          // A holder that dies together with the one that was to succeed it: then nobody comes back, and it is the sweep's to find.
          if (trial.race.deaths > 1) await bench.sweep();
          await bench.settle();
          expect((await groupsOf(bench)).map((one) => faultOf(addressesOf(one), trial.wanted))).toEqual(groups.map(() => undefined));
          expect(trial.watch.violations).toEqual([]);
          looks += trial.watch.looks;
        } finally {
          trial.watch.stop();
          await bench.stop();
        }
      }),
      { numRuns: whole ? 500 : 10, endOnFailure: !whole },
    );
    // Each trial changes something, or nothing was tried.
    expect(looks).toBeGreaterThan(20);
  }, 600_000);
});
