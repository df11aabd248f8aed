/** Tags of load balancers and server groups. Listeners and rules get theirs when they are created, and keep them. */
import type { Acting, Cloud } from './cloud.ts';
import { needLoadBalancer, needServerGroup } from './gate.ts';
import { hasTags, isAmong, type PageParameters, pageOf, type TagFilter } from './listing.ts';
import { keptTags } from './load-balancers.ts';
import { read, write } from './operations.ts';
import type { Tag } from './records.ts';
import { refuse } from './refusals.ts';

/** Resource types that can be tagged; compared without case, since a published controller sends `LoadBalancer`. */
const kinds = {
  loadbalancer: {
    need: needLoadBalancer,
    all: (cloud: Cloud) => cloud.state.loadBalancers.all(),
    retag: (cloud: Cloud, id: string, how: (tags: readonly Tag[]) => readonly Tag[]) =>
      cloud.state.loadBalancers.change(id, (record) => ({ ...record, tags: how(record.tags) })),
  },
  servergroup: {
    need: needServerGroup,
    all: (cloud: Cloud) => cloud.state.serverGroups.all(),
    retag: (cloud: Cloud, id: string, how: (tags: readonly Tag[]) => readonly Tag[]) =>
      cloud.state.serverGroups.change(id, (record) => ({ ...record, tags: how(record.tags) })),
  },
} as const;

// parameter-rows.ts lets only these two names through.
const kindOf = (resourceType: string) => kinds[resourceType.toLowerCase() as keyof typeof kinds];

interface Tagging {
  readonly ResourceType: string;
  readonly ResourceId: readonly string[];
}

/** Writing overwrites single keys. */
const withTags = (tags: readonly Tag[], added: readonly Tag[]): readonly Tag[] => [
  ...tags.filter((tag) => !added.some((one) => one.Key === tag.Key)),
  ...added,
];

function retag(parameters: Tagging, acting: Acting, how: (tags: readonly Tag[]) => readonly Tag[]) {
  const kind = kindOf(parameters.ResourceType);
  for (const id of parameters.ResourceId) kind.need(acting, id);
  return () => {
    for (const id of parameters.ResourceId) kind.retag(acting.cloud, id, how);
    return {};
  };
}

interface Untagging extends Tagging {
  readonly TagKey?: readonly string[];
  readonly Tag?: readonly TagFilter[];
  readonly All?: boolean;
}

const without = (tags: readonly Tag[], wanted: Untagging): readonly Tag[] =>
  tags.filter(
    (tag) => !(wanted.All === true || (wanted.TagKey ?? []).includes(tag.Key) || (wanted.Tag ?? []).some((one) => hasTags([tag], [one]))),
  );

/** Without any word on which tags, none are taken away by mistake. */
function untag(parameters: Untagging, acting: Acting) {
  if (parameters.TagKey === undefined && parameters.Tag === undefined && parameters.All !== true) {
    throw refuse(acting.action, 'MissingParam.TagKey', 'TagKey, Tag or All');
  }
  return retag(parameters, acting, (tags) => without(tags, parameters));
}

interface ListRequest extends PageParameters {
  readonly ResourceType: string;
  readonly ResourceId?: readonly string[];
  readonly Tag?: readonly TagFilter[];
}

function list(parameters: ListRequest, { cloud }: Acting) {
  const tags = kindOf(parameters.ResourceType)
    .all(cloud)
    .filter((record) => isAmong(parameters.ResourceId, record.id) && hasTags(record.tags, parameters.Tag))
    .flatMap((record) =>
      record.tags.map((tag, index) => ({
        // A resource has far fewer than a thousand tags.
        seq: record.seq * 1000 + index,
        tag: { ResourceType: parameters.ResourceType.toLowerCase(), ResourceId: record.id, TagKey: tag.Key, TagValue: tag.Value },
      })),
    );
  const { TotalCount, ...page } = pageOf('TagResources', tags, parameters, (one) => one.tag);
  return page;
}

/** Actions on tags. They take no client token. */
export const tagOperations = [
  write<Tagging & { readonly Tag: readonly { readonly Key: string; readonly Value?: string }[] }>('TagResources', (parameters, acting) =>
    retag(parameters, acting, (tags) => withTags(tags, keptTags(parameters.Tag))),
  ),
  write<Untagging>('UnTagResources', untag),
  read('ListTagResources', list),
];
