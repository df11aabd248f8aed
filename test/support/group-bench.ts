/** Scenarios about server groups: a settled cafe, what the cloud holds, and who was told what. */
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import type { Alb, ServerGroup } from '#shared/cloud/alb/port.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { albConfigTags, tagKeys } from '#shared/ownership.ts';
import { emptyAlbConfigLedger, emptyServiceLedger } from '#shared/step/record.ts';
import { createRecords } from '#shared/step/records.ts';
import { aCafe, serviceName } from './cafe.ts';
import { refOf } from './refused-rules.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

export interface GroupBench {
  readonly chain: Workbench;
  /** A person at the console, or another program, with the same rights. */
  readonly console: Alb;
  /** Groups with the tags of the AlbConfig. */
  groups(): Promise<readonly ServerGroup[]>;
  /** The group of the Service of that number; fails when there is none, or several. */
  groupOf(index: number): Promise<ServerGroup>;
  /** Annotates an Ingress (`null` takes one away) and lets the chain come to rest. Keys without a dot get the ALB prefix. */
  annotate(index: number, annotations: Readonly<Record<string, string | null>>, between?: () => Promise<void>): Promise<void>;
  changed(): Promise<void>;
  sweep(): Promise<void>;
  /** What the AlbConfig's conditions say: status, reason, message. */
  condition(): Readonly<Record<string, string>>;
  ledger(): Promise<typeof emptyAlbConfigLedger>;
  /** What the Service's record holds. */
  record(index: number): ReturnType<ReturnType<typeof createRecords>['read']>;
  stop(): Promise<void>;
}

const serviceKey = (index: number) => ({ kind: 'Service', cluster: 'c-local', namespace: 'shop', name: serviceName(index) }) as const;

export async function settledCafe(
  count: number,
  settings: unknown = {},
  change = (objects: readonly KubeObject[]) => objects,
): Promise<GroupBench> {
  const { objects, pods } = aCafe(count, 2);
  const chain = await createWorkbench(change(objects), pods, settings);
  const console = createAlb(chain.alb.options);
  const records = createRecords(chain.kube);
  chain.resync();
  await chain.settle();
  await chain.calls();
  const groups = () => console.findServerGroups(albConfigTags('c-local', 'cafe'));
  const rest = async (between?: () => Promise<void>): Promise<void> => {
    await chain.calls();
    await chain.settle(between);
  };
  return {
    chain,
    console,
    groups,
    groupOf: async (index) => {
      const mine = (await groups()).filter((one) => one.tags[tagKeys.serviceName] === serviceName(index));
      const [only] = mine;
      if (only === undefined || mine.length > 1) throw new Error(`Service ${index} has ${mine.length} groups`);
      return only;
    },
    annotate: async (index, annotations, between) => {
      const prefixed = Object.entries(annotations).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value]);
      await chain.kube.mergePatch(refOf(index), { metadata: { annotations: Object.fromEntries(prefixed) } });
      chain.changed();
      await rest(between);
    },
    changed: () => {
      chain.changed();
      return rest();
    },
    sweep: async () => {
      await chain.calls();
      await chain.sweep();
      await chain.settle();
    },
    condition: () => {
      const [albConfig] = chain.kube.held<KubeObject & { readonly status?: { readonly conditions?: readonly Record<string, string>[] } }>(
        'AlbConfig',
      );
      return albConfig?.status?.conditions?.find((one) => one['type'] === 'Ready') ?? {};
    },
    ledger: async () => (await records.read(chain.key, emptyAlbConfigLedger))?.ledger ?? emptyAlbConfigLedger,
    record: (index) => records.read(serviceKey(index), emptyServiceLedger),
    stop: async () => {
      console.close();
      await chain.stop();
    },
  };
}

/** Names of actions in the journal since the bench came to rest, with their codes; reads left out. */
export const writesOf = async (bench: GroupBench): Promise<readonly string[]> =>
  (await bench.chain.calls()).filter((one) => one.write).map((one) => `${one.action} ${one.code}`.trim());
