import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudUnderTest, startCloudUnderTest } from './cloud-under-test.ts';
import type { WireParams } from './samples.ts';

let cloud: CloudUnderTest;
beforeEach(async () => {
  cloud = await startCloudUnderTest();
});
afterEach(() => cloud.service.stop());

const three: WireParams = { Tag: ['a', 'b', 'c'].map((Key) => ({ Key, Value: '1' })) };
const made = { servergroup: () => cloud.group(three), loadbalancer: () => cloud.loadBalancer(three) } as const;
const tagsOf = async (kind: string, ids: readonly string[]): Promise<readonly string[]> =>
  // The list of the service holds objects.
  (
    (await cloud.ok('ListTagResources', { ResourceType: kind, ResourceId: ids, MaxResults: 100 }))['TagResources'] as readonly Readonly<
      Record<string, unknown>
    >[]
  ).map((one) => `${one['TagKey']}=${one['TagValue']}`);

describe.each(['servergroup', 'loadbalancer'] as const)('tags of a %s', (kind) => {
  it.each<readonly [string, WireParams, readonly string[]]>([
    ['by keys', { TagKey: ['a', 'c', 'x'] }, ['b=1']],
    [
      'by key and value',
      {
        Tag: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      },
      ['b=1', 'c=1'],
    ],
    ['by a key with any value', { Tag: [{ Key: 'b' }] }, ['a=1', 'c=1']],
    ['all of them', { All: true }, []],
  ])('are taken away %s', async (_, params, left) => {
    const id = await made[kind]();
    await cloud.ok('UnTagResources', { ResourceType: kind, ResourceId: [id], ...params });
    expect(await tagsOf(kind, [id])).toEqual(left);
  });

  it('are not taken away when nothing says which, or from what is not there', async () => {
    const id = await made[kind]();
    expect(await cloud.codeOf('UnTagResources', { ResourceType: kind, ResourceId: [id] })).toBe('MissingParam.TagKey');
    expect(await cloud.codeOf('UnTagResources', { ResourceType: kind, ResourceId: [id, 'none'], TagKey: ['a'] })).toMatch(
      /^ResourceNotFound/,
    );
    expect(await tagsOf(kind, [id])).toEqual(['a=1', 'b=1', 'c=1']);
  });

  it('are given to 50 at a time, 20 of them', async () => {
    const ids = [await made[kind](), await made[kind]()];
    const tags = (count: number) => Array.from({ length: count }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
    const giving = (ResourceId: readonly string[], Tag: WireParams[]) =>
      cloud.codeOf('TagResources', { ResourceType: kind, ResourceId, Tag });
    expect(await giving(Array<string>(51).fill(ids[0] ?? ''), tags(1))).toBe('IllegalParam.ResourceId');
    expect(await giving(ids, tags(21))).toBe('IllegalParam.Tag');
    expect(await giving(ids, tags(20))).toBe('');
    expect(await tagsOf(kind, ids)).toHaveLength(46);
    expect(
      await cloud.codeOf('UnTagResources', {
        ResourceType: kind,
        ResourceId: ids,
        TagKey: Array.from({ length: 21 }, (_, at) => `k${at}`),
      }),
    ).toBe('IllegalParam.TagKey');
  });
});
