/**
 * The claim protocol in every order in which it can go: two handlers of one key over the real records, each of which may stop before any of
 * its calls (a frozen instance goes on later, a dead one never), while the clock may pass the bound of the claim at any moment.
 *
 * A call of the cloud is one step together with the question that precedes it: a call that has begun ends within the call's time limit,
 * which the bound includes, and connections are closed before an instance can freeze.
 */
import { describe, expect, it } from 'vitest';
import type { AlbConfigKey } from '#events/contract/messages.ts';
import type { Kube } from '#shared/kube/port.ts';
import { type Claim, ClaimLost } from '#shared/step/claim.ts';
import { type Lease, leaseName, markOf } from '#shared/step/lease.ts';
import { createRecords, isTaken } from '#shared/step/records.ts';
import { claimSeconds } from '#shared/steps.ts';
import { type Choose, exploreAll, Stepped } from '#test/support/explore.ts';
import { createFakeKube } from '#test/support/fake-kube.ts';

const key: AlbConfigKey = { kind: 'AlbConfig', cluster: 'c-test', name: 'cafe' };
const bound = claimSeconds(10);
const callMs = 5000;
/** Deliveries after which a run has either come to rest or never will. */
const mostDeliveries = 12;

interface Ledger {
  /** Version of the wish that is in the cloud, when that was verified. */
  readonly applied?: number;
}

interface Rules {
  /** Whether a handler asks before it writes if its claim still covers the call. */
  readonly guarded: boolean;
  /** Whether the first contender comes back when the claim has run out. */
  readonly comesBack: boolean;
  /** Whether the ledger says before a write that it does not know; the member lane spares that, and leaves it to the claim. */
  readonly saves: boolean;
  /** Whether who takes over from a holder that died believes nothing that it remembered. */
  readonly doubts: boolean;
  readonly deaths: number;
  /** What the second message tells of was in the cloud before the first: there and back again. */
  readonly returns: boolean;
  /** How often the clock may pass the bound. */
  readonly jumps: number;
  /** The second message tells of a change; otherwise it is the first once more. */
  readonly changes: boolean;
}

const all: Rules = {
  guarded: true,
  comesBack: true,
  saves: true,
  doubts: false,
  deaths: 1,
  returns: false,
  jumps: 1,
  changes: true,
};
/** As the member lane does it. */
const lane: Rules = { ...all, saves: false, doubts: true };

/** One world: an API server, a cloud, a queue. */
class World {
  readonly kube = createFakeKube();
  readonly #rules: Rules;
  wish = 1;
  cloud = 0;
  writes: string[] = [];
  queue: { readonly at: number }[] = [];
  /** What must never happen, and did. */
  readonly violations: string[] = [];

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  send(seconds: number): void {
    this.queue.push({ at: this.kube.now() + seconds * 1000 });
  }

  async #holder(): Promise<string | undefined> {
    return (await this.kube.get<Lease>(leaseName(key)))?.spec.holderIdentity ?? undefined;
  }

  async #write(holder: string, version: number): Promise<void> {
    if ((await this.#holder()) !== holder) this.violations.push(`${holder} wrote ${version} while the claim was another's`);
    this.cloud = version;
    this.writes.push(`${version} by ${holder}`);
  }

  /** What a step does with one message, shortened to its calls. Each of them waits at a gate first. */
  handler(holder: string, tellsOf = this.wish): Stepped {
    const handler: Stepped = new Stepped(holder, async (gate) => {
      this.wish = this.#rules.returns ? tellsOf : Math.max(this.wish, tellsOf);
      const records = createRecords(gated(this.kube, gate, handler.answers));
      const claim = await records.claim<Ledger>(key, { holder, claimSeconds: bound }, {});
      if (!isTaken(claim)) await this.#work(claim, handler, gate);
      else if (claim.comeBackSeconds > 0 && this.#rules.comesBack) this.send(claim.comeBackSeconds);
    });
    return handler;
  }

  /** What is to return is in the cloud, and recorded. */
  async begin(): Promise<void> {
    if (!this.#rules.returns) return;
    const claim = await createRecords(this.kube).claim<Ledger>(key, { holder: 'before', claimSeconds: bound }, {});
    if (isTaken(claim)) throw new Error('nobody else is there');
    this.cloud = 1;
    await claim.release({ applied: 1 });
  }

  async #work(claim: Claim<Ledger>, { name, answers }: Stepped, gate: () => Promise<void>): Promise<void> {
    try {
      await gate();
      const version = this.wish;
      answers.push(`wish ${version}`);
      const believed = this.#rules.doubts && claim.takenOver ? undefined : claim.record.ledger.applied;
      if (believed !== version) {
        if (this.#rules.saves) await claim.save({});
        await gate();
        if (this.#rules.guarded && !claim.covers(callMs)) throw new ClaimLost('no time is left');
        await this.#write(name, version);
        answers.push('written');
      }
      const { again } = await claim.release({ applied: version });
      await gate();
      if (again) this.send(0);
    } catch (error) {
      if (!(error instanceof ClaimLost)) throw error;
      this.send(1);
    }
  }

  /** All that the rest of a run depends on, beside its handlers. Ids made by chance are left out. */
  async state(): Promise<readonly unknown[]> {
    const lease = await this.kube.get<Lease>(leaseName(key));
    return [withoutChance(lease), this.cloud, this.wish, this.kube.now(), this.queue.map((one) => one.at), this.writes];
  }
}

const withoutChance = (value: unknown): string => JSON.stringify(value, (name, inner: unknown) => (name === 'uid' ? '' : inner)) ?? '';

/** Waits before each call, as an instance may be stopped there. */
const gated = (kube: Kube, gate: () => Promise<void>, answers: string[]): Kube =>
  new Proxy(kube, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function' || name === 'now') return member;
      return async (...args: unknown[]) => {
        await gate();
        const answer: unknown = await Reflect.apply(member, target, args);
        answers.push(`${name.toString()} ${withoutChance(answer)}`);
        return answer;
      };
    },
  });

/** Two deliveries side by side; each way on is a handler's next step, a handler's death, or the clock passing the bound. */
class Race {
  readonly #world: World;
  readonly #rules: Rules;
  #deaths: number;
  #jumps: number;
  #alive: readonly Stepped[];

  constructor(world: World, rules: Rules) {
    this.#world = world;
    this.#rules = rules;
    this.#deaths = rules.deaths;
    this.#jumps = rules.jumps;
    const [first, second] = rules.returns ? [2, 1] : [1, rules.changes ? 2 : 1];
    this.#alive = [world.handler('first', first), world.handler('second', second)];
  }

  get faulty(): boolean {
    return this.#deaths < this.#rules.deaths || this.#jumps < this.#rules.jumps;
  }

  /** False: this was seen before. */
  async run(choose: Choose): Promise<boolean> {
    while (this.#alive.length > 0) {
      const dying = this.#deaths > 0 ? this.#alive : [];
      const ways = this.#alive.length + dying.length + (this.#jumps > 0 ? 1 : 0);
      const picked = choose(ways, await this.#state());
      if (picked === undefined) return false;
      await this.#go(this.#alive[picked], dying[picked - this.#alive.length]);
      this.#alive = this.#alive.filter((one) => !one.finished);
    }
    return true;
  }

  async #go(stepping: Stepped | undefined, dying: Stepped | undefined): Promise<void> {
    if (stepping !== undefined) return stepping.step();
    if (dying === undefined) {
      this.#jumps -= 1;
      this.#world.kube.advance(bound * 1000 + 1);
      return;
    }
    this.#deaths -= 1;
    this.#alive = this.#alive.filter((one) => one !== dying);
    // Its message was not settled: it is delivered again at once.
    this.#world.send(0);
  }

  async #state(): Promise<string> {
    const handlers = this.#alive.map((one) => [one.name, one.steps, one.answers]);
    return JSON.stringify([await this.#world.state(), this.#deaths, this.#jumps, handlers]);
  }
}

/** Delivers what is left, one message after the other, each when it is due. */
async function comeToRest(world: World): Promise<void> {
  for (let count = 0; world.queue.length > 0; count++) {
    if (count > mostDeliveries) throw new Error('the queue never empties');
    world.queue.sort((a, b) => a.at - b.at);
    const [next] = world.queue;
    world.queue = world.queue.slice(1);
    world.kube.advance(Math.max(0, (next?.at ?? 0) - world.kube.now()));
    const handler = world.handler(`later-${count}`);
    while (!handler.finished) await handler.step();
  }
}

/** Everything that went wrong in any order, each once, and how many states there were. */
async function check(rules: Rules): Promise<{ readonly states: number; readonly wrong: readonly string[] }> {
  const wrong = new Set<string>();
  const states = await exploreAll(async (choose) => {
    const world = new World(rules);
    await world.begin();
    const race = new Race(world, rules);
    if (!(await race.run(choose))) return;
    await comeToRest(world);
    const lease = await world.kube.get<Lease>(leaseName(key));
    for (const one of world.violations) wrong.add(one);
    if (world.cloud !== world.wish) wrong.add(`a wake-up was lost: ${world.cloud} in the cloud, ${world.wish} wanted`);
    if (lease?.spec.holderIdentity !== undefined) wrong.add('the claim was never given back');
    if (lease !== undefined && markOf(lease) !== undefined) wrong.add('a mark was left behind');
    const versions = world.writes.map((text) => text.split(' ')[0]);
    if (!race.faulty && new Set(versions).size !== versions.length) wrong.add('the same was written twice without need');
  });
  return { states, wrong: [...wrong] };
}

describe('the claim protocol, in every order', () => {
  it('holds for two handlers, a change, a death and a clock that passes the bound', async () => {
    const { states, wrong } = await check(all);
    expect(wrong).toEqual([]);
    expect(states).toBeGreaterThan(1000);
  });

  it('holds for a message that is delivered twice', async () => {
    expect((await check({ ...all, changes: false })).wrong).toEqual([]);
  });

  it('writes each wish once when nothing dies and no clock jumps', async () => {
    expect((await check({ ...all, deaths: 0, jumps: 0 })).wrong).toEqual([]);
  });

  it.each([false, true])(
    'holds for who saves nothing before a write, and doubts what a dead one remembered (there and back: %s)',
    async (returns) => {
      const { states, wrong } = await check({ ...lane, returns });
      expect(wrong).toEqual([]);
      expect(states).toBeGreaterThan(500);
    },
  );

  it('believes a dead one otherwise: the checker sees what that doubt is for', async () => {
    const { wrong } = await check({ ...lane, doubts: false, returns: true, jumps: 0 });
    expect(wrong).toContainEqual(expect.stringContaining('a wake-up was lost'));
  });

  it('writes under a lost claim without the time bound: the checker sees what the guard is for', async () => {
    const { wrong } = await check({ ...all, guarded: false, deaths: 0 });
    expect(wrong).toContainEqual(expect.stringContaining("while the claim was another's"));
  });

  it('loses a wake-up when no contender comes back: the checker sees what that is for', async () => {
    const { wrong } = await check({ ...all, comesBack: false, jumps: 0 });
    expect(wrong).toContainEqual(expect.stringContaining('a wake-up was lost'));
  });
});
