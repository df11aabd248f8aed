import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectClass, projectIngress } from '#events/forwarder/projections.ts';
import type { Change } from '#events/forwarder/reflector.ts';
import { Routing, type Target } from '#events/forwarder/routing.ts';
import { projectService } from '#events/forwarder/service-facts.ts';
import { projectSlice } from '#events/forwarder/slice-facts.ts';
import { mergeSlices } from '#shared/kube/endpoint-reader.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { membersRule, readMode } from '#shared/model/members-rule.ts';
import { needsNodes } from '#shared/model/members-source.ts';
import { albConfigNameOf, referencedServices } from '#shared/model/membership.ts';
import { type Node, nodeFactsOf } from '#shared/model/nodes.ts';
import { digestOf } from '#shared/model/wanted-servers.ts';
import type { EndpointSlice, Ingress, IngressClass, Service } from '#shared/model/wish.ts';
import { aClass, anIngress, aPath, aService } from '#test/support/objects.ts';

const services = ['coffee', 'tea'] as const;
const labelKey = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-backend-label';
const cordonKey = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-remove-unscheduled-backend';
const boundKey = 'alb.ingress.kubernetes.io/server-group-id';
const typeKey = 'service.beta.kubernetes.io/backend-type';

const anyAnnotations = fc
  .subarray([
    [labelKey, 'pool=a'],
    [cordonKey, 'on'],
    [boundKey, 'sgp-1'],
    [typeKey, 'eni'],
  ])
  .map((pairs) => Object.fromEntries(pairs));
const anyService = fc
  .record({
    name: fc.constantFrom(...services),
    type: fc.constantFrom('ClusterIP', 'NodePort'),
    local: fc.boolean(),
    annotations: anyAnnotations,
  })
  .map(({ name, type, local, annotations }) =>
    aService(name, {
      annotations,
      spec: {
        type,
        ...(local ? { externalTrafficPolicy: 'Local' } : {}),
        ports: [{ name: 'http', port: 80, nodePort: 30_080 }],
      },
    }),
  );
const conditions = [{ ready: true }, { ready: false }, { ready: false, serving: true, terminating: true }, {}] as const;
const anyEndpoint = fc.record({
  addresses: fc.constantFrom('10.64.0.1', '10.64.0.2', '10.64.0.3').map((address) => [address]),
  conditions: fc.constantFrom(...conditions),
  nodeName: fc.constantFrom('one', 'two', 'three'),
});
const aSlice = (service: string, name: string, more: Pick<EndpointSlice, 'endpoints' | 'addressType'>): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': service } },
  ports: [{ name: 'http', port: 8080 }],
  ...more,
});
const anySlice = fc
  .record({
    service: fc.constantFrom(...services),
    name: fc.constantFrom('x', 'y'),
    endpoints: fc.uniqueArray(anyEndpoint, { maxLength: 3, selector: ({ addresses }) => addresses[0] }),
    addressType: fc.constantFrom('IPv4' as const, 'IPv4' as const, 'FQDN' as const),
  })
  .map(({ service, name, ...more }) => aSlice(service, name, more));
const anyNode = fc
  .record({
    name: fc.constantFrom('one', 'two', 'three'),
    ready: fc.boolean(),
    cordoned: fc.boolean(),
    labels: fc.constantFrom<Readonly<Record<string, string>>>({}, { pool: 'a' }, { type: 'virtual-kubelet' }, { zone: 'b' }),
  })
  .map(
    ({ name, ready, cordoned, labels }): Node => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels },
      spec: { providerID: `cn-local.i-${name}`, unschedulable: cordoned },
      status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    }),
  );
const anyIngress = fc
  .record({
    name: fc.constantFrom('cafe', 'bar'),
    named: fc.subarray([...services]),
    bare: fc.boolean(),
    generation: fc.nat({ max: 1000 }),
  })
  .map(({ name, named, bare, generation }) =>
    anIngress({
      name,
      paths: named.map((one) => aPath(`/${one}`, one)),
      ...(bare ? { annotations: { 'server-group-type': 'Ip' } } : {}),
      metadata: { generation },
    }),
  );
const anyObject: fc.Arbitrary<KubeObject> = fc.oneof(
  { weight: 3, arbitrary: anyService },
  { weight: 24, arbitrary: anySlice },
  { weight: 12, arbitrary: anyNode },
  { weight: 2, arbitrary: anyIngress },
  { weight: 1, arbitrary: fc.constant(aClass()) },
);
const anyStep = fc.record({ object: anyObject, remove: fc.integer({ min: 0, max: 4 }).map((one) => one === 0) });

const nodePorts = (name: string, local: boolean): Service =>
  aService(name, {
    spec: {
      type: 'NodePort',
      ...(local ? { externalTrafficPolicy: 'Local' } : {}),
      ports: [{ name: 'http', port: 80, nodePort: 30_080 }],
    },
  });
/** What most histories begin with, so that little is about a cluster in which nothing is ours. */
const beginning: readonly KubeObject[] = [
  aClass(),
  anIngress({ paths: services.map((one) => aPath(`/${one}`, one)) }),
  nodePorts('coffee', false),
  nodePorts('tea', true),
];

/** The cluster as it is, and what follows from it by the model alone. */
class World {
  readonly objects = new Map<string, KubeObject>();

  // Every object is put under its kind.
  #all = <T extends KubeObject>(kind: string): readonly T[] =>
    [...this.objects.values()].filter((one) => one.kind === kind) as unknown as T[];

  /** Names of Services that Ingresses of ours have, there or not: a slice may come before its Service. */
  named(): readonly string[] {
    const classes = this.#all<IngressClass>('IngressClass');
    const ours = this.#all<Ingress>('Ingress').filter((one) => albConfigNameOf(one, classes) !== undefined);
    return ours.flatMap(referencedServices).map((one) => one.replace('shop/', ''));
  }

  /** Types of groups that hold a Service's servers; none: it is not ours. One that it is bound to may be of either. */
  groupTypes(service: Service): readonly ('Instance' | 'Ip')[] {
    const text = `shop/${service.metadata.name}`;
    const classes = this.#all<IngressClass>('IngressClass');
    const ours = this.#all<Ingress>('Ingress').filter(
      (one) => albConfigNameOf(one, classes) !== undefined && referencedServices(one).includes(text),
    );
    const bound = service.metadata.annotations?.[boundKey] === undefined ? [] : (['Instance', 'Ip'] as const);
    const types = ours.map((one) => (one.metadata.annotations === undefined ? ('Instance' as const) : ('Ip' as const)));
    return [...new Set([...bound, ...types])];
  }

  modes(service: Service) {
    return this.groupTypes(service).flatMap((groupType) => readMode(service, { groupType }).mode ?? []);
  }

  get needsNodes(): boolean {
    return this.#all<Service>('Service').some((service) => this.modes(service).some((mode) => needsNodes({ mode })));
  }

  /** What its servers are to be, by Service; of those that are ours. */
  wanted(): ReadonlyMap<string, string> {
    const nodes = this.#all<Node>('Node').map(nodeFactsOf);
    const slices = this.#all<EndpointSlice>('EndpointSlice');
    const wantedOf = (service: Service): string => {
      const own = slices.filter((one) => one.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name);
      const [port] = service.spec?.ports ?? [];
      const rules = this.modes(service).flatMap((mode) => (port === undefined ? [] : (membersRule(service, port, mode).rule ?? [])));
      return rules.map((rule) => `${rule.mode} ${digestOf(rule, { endpoints: mergeSlices(own), nodes })}`).join();
    };
    const found = this.#all<Service>('Service').filter((one) => this.groupTypes(one).length > 0);
    return new Map(found.map((one) => [one.metadata.name, wantedOf(one)]));
  }
}

/** A routing beside the world; nodes are followed as the forwarder follows them. */
class Told {
  readonly routing = new Routing();
  readonly #world: World;
  #nodes = new Map<string, KubeObject>();
  #follows = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Targets of one change, those of a list of nodes that it set off included. */
  hear(key: string, object: KubeObject, remove: boolean): readonly Target[] {
    const before = this.#world.objects.get(key);
    if (remove) this.#world.objects.delete(key);
    else this.#world.objects.set(key, object);
    const after = remove ? undefined : object;
    if (before === undefined && after === undefined) return [];
    const targets = object.kind === 'Node' ? this.#node(key, before, after) : this.#route(object.kind, before, after);
    return [...targets, ...this.#review()];
  }

  #route(kind: string, before: KubeObject | undefined, after: KubeObject | undefined): readonly Target[] {
    const change = <T>(project: (object: KubeObject) => T): Change<T> => ({
      before: before === undefined ? undefined : project(before),
      after: after === undefined ? undefined : project(after),
      version: '1',
      initial: false,
    });
    const ways: Readonly<Record<string, () => readonly Target[]>> = {
      Ingress: () => this.routing.ingress(change(projectIngress)),
      IngressClass: () => this.routing.ingressClass(change(projectClass)),
      Service: () => this.routing.service(change(projectService({}))),
      EndpointSlice: () => this.routing.slice(change(projectSlice)),
    };
    return ways[kind]?.() ?? [];
  }

  #node(key: string, before: KubeObject | undefined, after: KubeObject | undefined): readonly Target[] {
    if (!this.#follows) return [];
    if (after === undefined) this.#nodes.delete(key);
    else this.#nodes.set(key, after);
    const facts = (one: KubeObject | undefined) => (one === undefined ? undefined : nodeFactsOf(one as Node));
    return this.routing.node({ before: facts(before), after: facts(after), version: '1', initial: false });
  }

  #review(): readonly Target[] {
    if (this.routing.needsNodes === this.#follows) return [];
    this.#follows = !this.#follows;
    if (!this.#follows) {
      this.#nodes = new Map();
      this.routing.nodesForgotten();
      return [];
    }
    for (const [key, object] of this.#world.objects) {
      if (object.kind !== 'Node') continue;
      this.#nodes.set(key, object);
      this.routing.node({ before: undefined, after: nodeFactsOf(object as Node), version: '1', initial: true });
    }
    return this.routing.nodesListed();
  }
}

const keyOf = ({ kind, metadata }: KubeObject): string => {
  const of = kind === 'EndpointSlice' ? `${metadata.labels?.['kubernetes.io/service-name']}-` : '';
  return `${kind} ${of}${metadata.name}`;
};

/** What is wrong with what was told of one change. */
function faults(
  world: World,
  told: Told,
  { object, remove }: { readonly object: KubeObject; readonly remove: boolean },
): readonly string[] {
  const [before, named] = [world.wanted(), world.named()];
  const targets = told.hear(keyOf(object), object, remove);
  const after = world.wanted();
  // Of a change of groups the AlbConfig is told, whose chain has the members looked at.
  const byChain = targets.some((one) => one.kind === 'AlbConfig');
  const names = targets.flatMap((one) => (one.kind === 'Service' ? one.name : []));
  const untold = services.filter((name) => before.get(name) !== after.get(name) && !byChain && !names.includes(name));
  const concerned = new Set([...before.keys(), ...after.keys(), ...named, ...world.named()]);
  return [
    ...untold.map((name) => `${name} is not told`),
    ...names.filter((name) => !concerned.has(name)).map((name) => `${name} is told, which is not ours`),
    ...(told.routing.needsNodes === world.needsNodes ? [] : [`nodes are needed: ${world.needsNodes}`]),
  ].map((fault) => `after ${keyOf(object)}: ${fault}`);
}

describe('routing, over histories', () => {
  it('tells every Service whose servers are to be others, and follows nodes exactly where they matter', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(anyStep, { maxLength: 40 }), (fromNothing, steps) => {
        const world = new World();
        const told = new Told(world);
        const first = fromNothing ? [] : beginning.map((object) => ({ object, remove: false }));
        expect([...first, ...steps].flatMap((step) => faults(world, told, step))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
