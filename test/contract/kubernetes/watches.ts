import { describe, expect, it } from 'vitest';
import type { WatchEvent } from './client.ts';
import { configMap, ingress } from './examples.ts';
import type { Setting } from './setting.ts';

const told = (events: readonly WatchEvent[]) => events.map((event) => `${event.type} ${event.object.metadata?.name ?? ''}`);
const atLeast = (count: number) => (events: readonly WatchEvent[]) => events.length >= count;

/** Watches: nothing lost, nothing doubled, and an honest end. */
export function watchCases({ client, namespace, inGroup }: Setting): void {
  describe('watches', () => {
    it('goes on from a version without losing or doubling anything', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one', {}, { own: 'yes' }));
      await client().merge(`${at}/configmaps/one`, { data: { a: '2' } });
      const watch = await client().watch(
        `${at}/configmaps?watch=true&labelSelector=own&resourceVersion=${made.body.metadata.resourceVersion}`,
      );
      await client().post(`${at}/configmaps`, configMap('two', {}, { own: 'yes' }));
      await client().remove(`${at}/configmaps/one`);
      const events = await watch.until(atLeast(3));
      watch.close();
      expect(told(events)).toEqual(['MODIFIED one', 'ADDED two', 'DELETED one']);
      const versions = events.map((event) => Number(event.object.metadata.resourceVersion));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(events[2]?.object.data).toEqual({ a: '2' });
    });

    it('tells what moves into and out of a selection', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one'));
      const watch = await client().watch(
        `${at}/configmaps?watch=true&labelSelector=in%3Dyes&resourceVersion=${made.body.metadata.resourceVersion}`,
      );
      await client().merge(`${at}/configmaps/one`, { metadata: { labels: { in: 'yes' } } });
      await client().merge(`${at}/configmaps/one`, { data: { b: '2' } });
      await client().merge(`${at}/configmaps/one`, { metadata: { labels: { in: 'no' } } });
      const events = await watch.until(atLeast(3));
      watch.close();
      expect(told(events)).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one']);
    });

    it('streams the list first when asked to, with a bookmark at its end', async () => {
      const at = await namespace();
      for (const name of ['one', 'two']) await client().post(`${at}/configmaps`, configMap(name, {}, { own: 'yes' }));
      const query = 'watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&labelSelector=own';
      const watch = await client().watch(`${at}/configmaps?${query}`);
      const events = await watch.until(atLeast(3));
      watch.close();
      expect(events.slice(0, 2).map((event) => event.type)).toEqual(['ADDED', 'ADDED']);
      expect(events[2]).toMatchObject({
        type: 'BOOKMARK',
        object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
      });
    });

    it('begins with what there is when no version is given', async () => {
      const at = await namespace();
      await client().post(`${at}/configmaps`, configMap('one', {}, { own: 'yes' }));
      const watch = await client().watch(`${at}/configmaps?watch=true&labelSelector=own`);
      expect(told(await watch.until(atLeast(1)))).toEqual(['ADDED one']);
      watch.close();
    });

    it('ends when the client said it should', async () => {
      const at = await namespace();
      const list = await client().get(`${at}/configmaps`);
      const watch = await client().watch(
        `${at}/configmaps?watch=true&timeoutSeconds=1&resourceVersion=${list.body.metadata.resourceVersion}`,
      );
      await watch.until(() => watch.ended);
      expect(watch.events.filter((event) => event.type === 'ERROR')).toEqual([]);
    });

    it('refuses a streamed list without saying how new it must be', async () => {
      const answer = await client().get('/api/v1/configmaps?watch=true&sendInitialEvents=true');
      expect(answer.status).toBeGreaterThanOrEqual(400);
    });

    it('tells changes as metadata and as rows', async () => {
      const at = await namespace();
      const ingresses = `${inGroup('networking.k8s.io/v1', at)}/ingresses`;
      const { resourceVersion } = (await client().get(ingresses)).body.metadata;
      const query = `watch=true&resourceVersion=${resourceVersion}`;
      const metadata = await client().watch(`${ingresses}?${query}`, 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
      const table = await client().watch(`${ingresses}?${query}`, 'application/json;as=Table;v=v1;g=meta.k8s.io');
      await client().post(ingresses, ingress('one'));
      await client().post(ingresses, ingress('two'));
      const [partial, rows] = [await metadata.until(atLeast(2)), await table.until(atLeast(2))];
      metadata.close();
      table.close();
      expect(partial.map((event) => [event.object.kind, event.object.spec])).toEqual([
        ['PartialObjectMetadata', undefined],
        ['PartialObjectMetadata', undefined],
      ]);
      expect(rows.map((event) => [event.object.kind, event.object.rows[0].cells[0]])).toEqual([
        ['Table', 'one'],
        ['Table', 'two'],
      ]);
      expect(rows.map((event) => (event.object.columnDefinitions ?? []).length > 0)).toEqual([true, false]);
    });

    it('survives many changes, each told once and in order', async () => {
      const at = await namespace();
      const { resourceVersion } = (await client().get(`${at}/configmaps`)).body.metadata;
      const watch = await client().watch(`${at}/configmaps?watch=true&labelSelector=own&resourceVersion=${resourceVersion}`);
      for (let n = 0; n < 150; n += 1) await client().post(`${at}/configmaps`, configMap(`many-${n}`, {}, { own: 'yes' }));
      const events = await watch.until(atLeast(150));
      watch.close();
      expect(told(events)).toEqual(Array.from({ length: 150 }, (_, n) => `ADDED many-${n}`));
    });
  });
}
