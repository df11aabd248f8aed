import { describe, expect, it } from 'vitest';
import type { Answer } from './client.ts';
import { configMap, pod } from './examples.ts';
import type { Setting } from './setting.ts';

const names = (answer: Answer): string[] => answer.body.items.map((one: { metadata: { name: string } }) => one.metadata.name);

/** Lists in pages and by selectors. */
export function listCases({ client, namespace }: Setting): void {
  const filled = async (count: number) => {
    const at = await namespace();
    for (let n = 0; n < count; n += 1)
      await client().post(
        `${at}/configmaps`,
        configMap(`item-${n}`, { n: String(n) }, { n: String(n), parity: n % 2 === 0 ? 'even' : 'odd' }),
      );
    return at;
  };
  // The real API puts a ConfigMap of its own into namespaces where its controller for it runs; ours are told by their label.
  const ours = 'labelSelector=parity';

  describe('lists', () => {
    it('gives pages that belong together, whatever is written meanwhile', async () => {
      const at = await filled(5);
      const first = await client().get(`${at}/configmaps?limit=2`);
      expect([names(first), first.body.metadata.remainingItemCount]).toEqual([['item-0', 'item-1'], 3]);
      await client().remove(`${at}/configmaps/item-3`);
      await client().post(`${at}/configmaps`, configMap('item-9'));
      const second = await client().get(`${at}/configmaps?limit=2&continue=${first.body.metadata.continue}`);
      const third = await client().get(`${at}/configmaps?limit=2&continue=${second.body.metadata.continue}`);
      expect([...names(second), ...names(third)]).toEqual(['item-2', 'item-3', 'item-4']);
      expect(third.body.metadata.continue).toBeUndefined();
      expect([second, third].map((page) => page.body.metadata.resourceVersion)).toEqual([
        first.body.metadata.resourceVersion,
        first.body.metadata.resourceVersion,
      ]);
    });

    it('lists one namespace or all', async () => {
      const [one, other] = [await filled(1), await filled(1)];
      expect(names(await client().get(`${one}/configmaps?${ours}`))).toEqual(['item-0']);
      const all = await client().get('/api/v1/configmaps');
      const seen = all.body.items.map((item: { metadata: { namespace: string } }) => item.metadata.namespace);
      expect(seen).toEqual(expect.arrayContaining([one.split('/').at(-1), other.split('/').at(-1)]));
    });

    it.each([
      ['labelSelector=parity%3Deven', ['item-0', 'item-2']],
      ['labelSelector=parity%21%3Deven', ['item-1', 'item-3']],
      ['labelSelector=n%20in%20(1,3),parity', ['item-1', 'item-3']],
      ['labelSelector=n%20notin%20(1,3),parity', ['item-0', 'item-2']],
      ['labelSelector=!parity', []],
      ['labelSelector=n%3E2', ['item-3']],
      ['fieldSelector=metadata.name%3Ditem-1', ['item-1']],
      ['fieldSelector=metadata.name%21%3Ditem-1', ['item-0', 'item-2', 'item-3']],
      ['labelSelector=parity%3Dodd&fieldSelector=metadata.name%3Ditem-1', ['item-1']],
    ])('selects by %s', async (query, wanted) => {
      expect(names(await client().get(`${await filled(4)}/configmaps?${query}`))).toEqual(wanted);
    });

    it('selects pods by their node', async () => {
      const at = await namespace();
      await client().post(`${at}/pods`, pod('here', 'x', { nodeName: 'n1' }));
      await client().post(`${at}/pods`, pod('there', 'x', { nodeName: 'n2' }));
      expect(names(await client().get(`${at}/pods?fieldSelector=spec.nodeName%3Dn1`))).toEqual(['here']);
    });

    it.each(['labelSelector=a%20b%20c', 'fieldSelector=spec.unknown%3D1', 'limit=many', 'continue=nonsense', 'resourceVersion=x'])(
      'refuses ?%s',
      async (query) => {
        const answer = await client().get(`/api/v1/configmaps?${query}`);
        expect([answer.status, answer.body.reason]).toEqual([400, 'BadRequest']);
      },
    );

    it('lists metadata alone', async () => {
      const answer = await client().get(`${await filled(2)}/configmaps?${ours}`, {
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      });
      expect([answer.body.kind, names(answer), answer.body.items[0].data]).toEqual([
        'PartialObjectMetadataList',
        ['item-0', 'item-1'],
        undefined,
      ]);
    });

    it('deletes what a selector chooses and nothing else', async () => {
      const at = await filled(4);
      expect((await client().remove(`${at}/configmaps?labelSelector=parity%3Dodd`)).status).toBe(200);
      expect(names(await client().get(`${at}/configmaps?${ours}`))).toEqual(['item-0', 'item-2']);
    });
  });
}
