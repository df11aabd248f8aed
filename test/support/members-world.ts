/**
 * Routed scenarios in which it matters what stands behind a Service: nodes with node ports, virtual nodes, pods in zones and of address
 * families, addresses elsewhere. What the forwarder would ask for after a change is asked for here.
 */
import { nameOf } from '#shared/kube/paths.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import type { Service } from '#shared/model/wish.ts';
import { type Routed, type RoutedDraft, routed } from './routed.ts';
import { hostOf } from './routed-objects.ts';
import { type NodeDraft, type PassOn, WorldNode } from './world-nodes.ts';
import { type Conditions, type Family, interfacesOf, sliceOf, startWorldPod, type WorldPod, type WorldPodDraft } from './world-pods.ts';

export interface MembersWorld extends Routed {
  addNode(name: string, draft?: NodeDraft): Promise<void>;
  /** The node is as drafted, and nothing else of it stays. */
  changeNode(name: string, draft: NodeDraft): Promise<void>;
  removeNode(name: string): Promise<void>;
  addPod(service: string, draft?: WorldPodDraft): Promise<WorldPod>;
  /** Other conditions in the EndpointSlices of its Service. */
  mark(pod: WorldPod, conditions: Partial<Conditions>): Promise<void>;
  /** The network interface of a pod that nobody knew is there now. */
  attach(pod: WorldPod): Promise<void>;
  /** Gone from the slices at once; its server goes with the world. */
  dropPod(pod: WorldPod): Promise<void>;
  /** Makes a change while requests for `<service>.example.com` go on, after whatever the cloud puts in force. Answers where those went that no pod of the Service answered. */
  during(service: string, change: () => Promise<unknown>): Promise<readonly (string | number)[]>;
  /** Addresses (nodes: instance ids) and ports of the servers of a Service's groups, sorted; with weights other than 100. */
  registered(service: string): Promise<readonly string[]>;
}

interface NodePort {
  readonly namespace: string;
  readonly service: string;
  readonly local: boolean;
}

const isService = (object: KubeObject): object is Service => object.kind === 'Service';

/** As kube-proxy counts: the ready ones; without any, those that still answer while they terminate. */
function answering(pods: readonly WorldPod[]): readonly WorldPod[] {
  const ready = pods.filter(({ conditions }) => conditions.ready);
  return ready.length > 0 ? ready : pods.filter(({ conditions }) => conditions.serving && conditions.terminating);
}

export async function membersWorld(draft: RoutedDraft = {}): Promise<MembersWorld> {
  const shop = await routed({ services: [], podsEach: 0, ...draft });
  const { bench } = shop;
  const pods: WorldPod[] = [];
  const gone: WorldPod[] = [];
  const nodes = new Map<string, WorldNode>();
  const ports = new Map<number, NodePort>();
  const asked = new Map<string, number>();
  let started = 0;

  let taken = 0;
  const passOn: PassOn = (node, nodePort) => {
    const to = ports.get(nodePort);
    if (to === undefined) return undefined;
    const there = answering(pods.filter((one) => one.namespace === to.namespace && one.service === to.service));
    const mine = to.local ? there.filter((one) => one.node === node) : there;
    taken += 1;
    return mine[taken % Math.max(1, mine.length)]?.servers.first.socket;
  };
  const instanceOf = ({ node, name }: WorldPod): string => {
    const host = nodes.get(node);
    return host === undefined || host.draft.virtual === true ? `i-${name}` : host.instanceId;
  };
  await shop.announce(() => [
    ...[...nodes.values()].flatMap((one) => one.interfaces()),
    ...[...pods, ...gone].flatMap((one) => interfacesOf(one, instanceOf(one))),
  ]);

  const store = async (object: KubeObject & { readonly status?: unknown }): Promise<void> => {
    const name = nameOf(object);
    const known = await bench.kube.get(name);
    const { resourceVersion = '', uid = '' } = known?.metadata ?? {};
    if (known === undefined) await bench.kube.create(object);
    else await bench.kube.replace({ ...object, metadata: { ...object.metadata, resourceVersion, uid } });
    if (object.status !== undefined) await bench.kube.mergePatch(name, { status: object.status }, 'status');
  };
  const tellSlices = async ({ namespace, service }: WorldPod): Promise<void> => {
    const mine = pods.filter((one) => one.namespace === namespace && one.service === service);
    for (const family of ['IPv4', 'IPv6'] as const satisfies readonly Family[]) await store(sliceOf(namespace, service, family, mine));
    bench.membersChanged(namespace, service);
  };
  /** The ports of all nodes, the cloud's knowledge of them, and what concerns Services that go by nodes. */
  const tellNodes = async (): Promise<void> => {
    for (const one of nodes.values()) await one.open([...ports.keys()], passOn);
    await shop.announce();
    for (const { namespace, service } of ports.values()) bench.membersChanged(namespace, service);
  };
  const putNode = async (node: WorldNode): Promise<void> => {
    nodes.set(node.name, node);
    await store(node.object());
    await tellNodes();
  };
  const noteService = async (service: Service): Promise<void> => {
    const { namespace = '', name } = service.metadata;
    const local = service.spec?.externalTrafficPolicy === 'Local';
    for (const { nodePort } of service.spec?.ports ?? [])
      if (nodePort !== undefined) ports.set(nodePort, { namespace, service: name, local });
    await tellNodes();
    bench.membersChanged(namespace, name, { whole: true });
  };
  const write = async (...objects: readonly KubeObject[]): Promise<void> => {
    await shop.write(...objects);
    for (const one of objects.filter(isService)) await noteService(one);
  };

  return {
    ...shop,
    write,
    apply: async (...objects) => {
      await write(...objects);
      await shop.settle();
    },
    served: (who) => (asked.get(who) ?? 0) + shop.served(who),
    addNode: (name, own = {}) => putNode(new WorldNode(name, nodes.size, own)),
    changeNode: async (name, own) => {
      const node = nodes.get(name);
      if (node === undefined) throw new Error(`no node is called ${name}`);
      node.draft = own;
      await putNode(node);
    },
    removeNode: async (name) => {
      await nodes.get(name)?.stop();
      nodes.delete(name);
      await bench.kube.remove({ kind: 'Node', namespace: '', name });
      await tellNodes();
    },
    addPod: async (service, own = {}) => {
      const pod = await startWorldPod(service, started, own, (...names) => {
        for (const one of names) asked.set(one, (asked.get(one) ?? 0) + 1);
      });
      started += 1;
      pods.push(pod);
      await shop.announce();
      await tellSlices(pod);
      return pod;
    },
    mark: async (pod, conditions) => {
      Object.assign(pod.conditions, conditions);
      await tellSlices(pod);
    },
    attach: async (pod) => {
      pod.known = true;
      await shop.announce();
    },
    dropPod: async (pod) => {
      pods.splice(pods.indexOf(pod), 1);
      gone.push(pod);
      await tellSlices(pod);
    },
    during: async (service, change) => {
      const elsewhere: (string | number)[] = [];
      let changed = true;
      const stop = bench.alb.service.view.onChange(() => {
        changed = true;
      });
      await change();
      await shop.settle(async () => {
        if (!changed) return;
        changed = false;
        await shop.plane.settled();
        // Servers take turns: one that should not be there answers one of a few.
        for (let times = 0; times < 3; times++) {
          const found = await shop.goesTo({ host: hostOf(service) });
          if (found !== service) elsewhere.push(found);
        }
      });
      stop();
      return elsewhere;
    },
    registered: async (service) => {
      const groups = ((await bench.alb.state())['serverGroups'] ?? []).filter((one) =>
        String(one['ServerGroupName']).includes(`-${service}-`),
      );
      // The snapshot's own shape: members are only printed.
      const servers = groups.flatMap((one) => (one['Servers'] ?? []) as readonly Readonly<Record<string, unknown>>[]);
      const text = (one: Readonly<Record<string, unknown>>): string => {
        const weight = one['Weight'] === 100 ? '' : ` weight ${one['Weight']}`;
        return `${one['ServerType']} ${one['ServerIp'] || one['ServerId']}:${one['Port']}${weight}`;
      };
      // Whether those that still drain are listed is not known of the service.
      return servers
        .filter((one) => one['Status'] !== 'Removing')
        .map(text)
        .sort();
    },
    stop: async () => {
      await shop.stop();
      const servers = [...pods, ...gone].flatMap(({ servers: { first, ofPorts } }) => [first, ...Object.values(ofPorts)]);
      await Promise.all([...servers.map((one) => one.stop(0)), ...[...nodes.values()].map((one) => one.stop())]);
    },
  };
}
