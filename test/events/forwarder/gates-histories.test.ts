/**
 * Any order of what must come together before a gated Pod can be let in: it waits, a Service selects it, an EndpointSlice lists it, its
 * namespace opted in. Kinds are heard of late and by themselves, and the forwarder is started again in the middle. Whoever is told after the
 * last of them reads all of them; told before, he finds less and does nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectPod } from '#events/forwarder/due-pods.ts';
import type { Change } from '#events/forwarder/reflector.ts';
import { Routing, type Target } from '#events/forwarder/routing.ts';
import { projectService } from '#events/forwarder/service-facts.ts';
import { projectSlice } from '#events/forwarder/slice-facts.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { isDue, type Pod } from '#shared/model/readiness-gates.ts';
import type { EndpointSlice } from '#shared/model/wish.ts';
import { aService } from '#test/support/objects.ts';

const podNames = ['p', 'q', 'r'] as const;
const apps = ['web', 'other'] as const;
const serviceNames = ['one', 'two'] as const;
const kindsHeard = ['Pod', 'Service', 'EndpointSlice', 'Namespace'] as const;
type Heard = (typeof kindsHeard)[number];

const anyPod = fc.record({ name: fc.constantFrom(...podNames), app: fc.constantFrom(...apps), waits: fc.boolean(), fresh: fc.boolean() });
const anyStep = fc.oneof(
  { weight: 6, arbitrary: anyPod.map((pod) => ({ kind: 'pod' as const, ...pod })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('no pod' as const), name: fc.constantFrom(...podNames) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('service' as const),
      name: fc.constantFrom(...serviceNames),
      app: fc.option(fc.constantFrom(...apps), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('no service' as const), name: fc.constantFrom(...serviceNames) }) },
  // The endpoint controller comes when it comes.
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('endpoints' as const), name: fc.constantFrom(...serviceNames) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('opted' as const), into: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('hear' as const), of: fc.constantFrom(...kindsHeard) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
const anyOrder = fc.shuffledSubarray([...kindsHeard], { minLength: kindsHeard.length });
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

const aPod = (name: string, app: string, waits: boolean, uid: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid, labels: { app } },
  spec: { readinessGates: [{ conditionType: 'target-health.alb.k8s.alibabacloud' }] },
  status: {
    podIP: `10.64.0.${podNames.indexOf(name as 'p') + 1}`, // one of the table
    conditions: [
      { type: 'ContainersReady', status: 'True' },
      ...(waits ? [] : [{ type: 'target-health.alb.k8s.alibabacloud', status: 'True' }]),
    ],
  },
});

/** Objects of one kind, and what happened to them, in order. */
class Objects<T extends KubeObject> {
  readonly now = new Map<string, T>();
  readonly log: { readonly name: string; readonly after: T | undefined }[] = [];

  put(name: string, after: T | undefined): void {
    if (after === undefined && !this.now.delete(name)) return;
    if (after !== undefined) this.now.set(name, after);
    this.log.push({ name, after });
  }
}

/** One kind as the forwarder has heard of it: a list, and then what happened since. */
class Hearing<T extends KubeObject, F> {
  readonly #objects: Objects<T>;
  readonly #project: (object: KubeObject) => F;
  readonly #route: (change: Change<F>) => void;
  readonly #held = new Map<string, F>();
  #next: number;

  constructor(objects: Objects<T>, project: (object: KubeObject) => F, route: (change: Change<F>) => void) {
    this.#objects = objects;
    this.#project = project;
    this.#route = route;
    this.#next = objects.log.length;
    for (const [name, object] of objects.now) this.#tell(name, object, true);
  }

  /** The next thing that happened; false: nothing. */
  hear(): boolean {
    const one = this.#objects.log[this.#next];
    if (one === undefined) return false;
    this.#next += 1;
    this.#tell(one.name, one.after, false);
    return true;
  }

  #tell(name: string, object: T | undefined, initial: boolean): void {
    const before = this.#held.get(name);
    const after = object === undefined ? undefined : this.#project(object);
    if (after === undefined) this.#held.delete(name);
    else this.#held.set(name, after);
    this.#route({ before, after, version: '1', initial });
  }
}

interface Followed {
  readonly slices: Hearing<EndpointSlice, ReturnType<typeof projectSlice>>;
  readonly services: Hearing<KubeObject, ReturnType<ReturnType<typeof projectService>>>;
  /** Only while the namespace is known to have opted in. */
  pods: Hearing<Pod, ReturnType<typeof projectPod>> | undefined;
}

class World {
  readonly pods = new Objects<Pod>();
  readonly services = new Objects<KubeObject>();
  readonly slices = new Objects<EndpointSlice>();
  opted = false;
  readonly #optedLog: boolean[] = [];
  #optedHeard = 0;
  #uid = 0;
  /** Pods, with the Service that selects them, for whom everything has come together, and whether that Service was told since. */
  readonly told = new Map<string, boolean>();
  #routing = new Routing();
  #hearing = this.#listAll();

  play(step: Step): void {
    if (step.kind === 'pod') this.#putPod(step);
    if (step.kind === 'no pod') this.pods.put(step.name, undefined);
    if (step.kind === 'service') this.services.put(step.name, selecting(step.name, step.app));
    if (step.kind === 'no service') this.services.put(step.name, undefined);
    if (step.kind === 'endpoints') this.slices.put(step.name, this.#sliceOf(step.name));
    if (step.kind === 'opted' && step.into !== this.opted) {
      this.opted = step.into;
      this.#optedLog.push(step.into);
    }
    this.#review();
    if (step.kind === 'hear') this.#hear(step.of);
    if (step.kind === 'restart') this.#restart();
  }

  /** The endpoint controller is through, and everything was heard, kind after kind. */
  rest(order: readonly Heard[]): void {
    for (const name of this.services.now.keys()) this.slices.put(name, this.#sliceOf(name));
    this.#review();
    while (order.some((kind) => this.#hear(kind)));
  }

  #putPod({
    name,
    app,
    waits,
    fresh,
  }: {
    readonly name: string;
    readonly app: string;
    readonly waits: boolean;
    readonly fresh: boolean;
  }): void {
    const known = this.pods.now.get(name)?.metadata.uid;
    if (fresh || known === undefined) this.#uid += 1;
    this.pods.put(name, aPod(name, app, waits, fresh || known === undefined ? `uid-${this.#uid}` : known));
  }

  #sliceOf(service: string): EndpointSlice {
    const selector = selectorOf(this.services.now.get(service));
    const mine = [...this.pods.now.values()].filter(({ metadata }) => selector !== undefined && metadata.labels?.['app'] === selector);
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${service}-x`, namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: mine.map((pod) => ({
        addresses: [pod.status?.podIP ?? ''],
        conditions: { ready: !isDue(pod), serving: !isDue(pod), terminating: false },
        targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: 'shop', uid: pod.metadata.uid ?? '' },
      })),
    };
  }

  /** What has come together just now was told to nobody yet. */
  #review(): void {
    const together = new Set<string>();
    for (const [name, service] of this.services.now) {
      for (const pod of this.pods.now.values()) if (this.#isTogether(name, service, pod)) together.add(`${name} ${pod.metadata.uid}`);
    }
    for (const pair of this.told.keys()) if (!together.has(pair)) this.told.delete(pair);
    for (const pair of together) if (!this.told.has(pair)) this.told.set(pair, false);
  }

  #isTogether(name: string, service: KubeObject, pod: Pod): boolean {
    const listed = this.slices.now.get(name)?.endpoints.find(({ targetRef }) => targetRef?.uid === pod.metadata.uid);
    const isSelected = selectorOf(service) === pod.metadata.labels?.['app'];
    return this.opted && isSelected && isDue(pod) && listed?.conditions?.ready === false;
  }

  #tell(targets: readonly Target[]): void {
    for (const target of targets) {
      if (target.kind !== 'Service') continue;
      for (const pair of this.told.keys()) if (pair.startsWith(`${target.name} `)) this.told.set(pair, true);
    }
  }

  /** As a start lists: the Pods of a namespace when everything else is known. */
  #listAll(): Followed {
    const routing = this.#routing;
    const slices = new Hearing(this.slices, projectSlice, (change) => this.#tell(routing.slice(change)));
    const services = new Hearing(this.services, projectService({ podAddresses: false }), (change) => this.#tell(routing.service(change)));
    return { slices, services, pods: undefined };
  }

  #join(): void {
    this.#hearing.pods ??= new Hearing(this.pods, projectPod, (change) => this.#tell(this.#routing.pod(change)));
  }

  #hear(kind: Heard): boolean {
    if (kind === 'Pod') return this.#hearing.pods?.hear() === true;
    if (kind === 'Service') return this.#hearing.services.hear();
    if (kind === 'EndpointSlice') return this.#hearing.slices.hear();
    const into = this.#optedLog[this.#optedHeard];
    if (into === undefined) return false;
    this.#optedHeard += 1;
    if (into) this.#join();
    else {
      this.#hearing.pods = undefined;
      this.#routing.podsForgotten('shop');
    }
    return true;
  }

  #restart(): void {
    this.#routing = new Routing();
    this.#hearing = this.#listAll();
    this.#optedHeard = this.#optedLog.length;
    if (this.opted) this.#join();
  }
}

const selecting = (name: string, app: string | undefined): KubeObject =>
  ({ ...aService(name), spec: { ports: [{ port: 80 }], ...(app === undefined ? {} : { selector: { app } }) } }) as KubeObject; // as the API server has it
const selectorOf = (service: KubeObject | undefined): string | undefined =>
  (service as { readonly spec?: { readonly selector?: { readonly app?: string } } } | undefined)?.spec?.selector?.app;

describe('Pods that wait for a gate, over histories', () => {
  it('are told of after everything has come together, in whichever order', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), anyOrder, (steps, order) => {
        const world = new World();
        for (const step of steps) world.play(step);
        world.rest(order);
        expect([...world.told].filter(([, told]) => !told)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});
