import { describe, expect, it } from 'vitest';
import { type Answer, eventually } from './client.ts';
import { configMap, pod } from './examples.ts';
import type { Setting } from './setting.ts';

const gone = (answer: Answer) => answer.status === 404;

/** Deleting: finalizers, grace, owners and namespaces. */
export function deletionCases({ client, namespace }: Setting): void {
  const owned = (name: string, owner: Answer, more: object = {}) => {
    const { kind, apiVersion, metadata } = owner.body;
    return {
      ...configMap(name),
      metadata: { name, ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, ...more }] },
    };
  };

  describe('deletion', () => {
    it('says what it removed, and 404 the second time', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one'));
      const removed = await client().remove(`${at}/configmaps/one`);
      expect([removed.status, removed.body.status, removed.body.details.uid]).toEqual([200, 'Success', made.body.metadata.uid]);
      expect((await client().remove(`${at}/configmaps/one`)).status).toBe(404);
    });

    it('removes only the version or the object that was meant', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one'));
      expect((await client().remove(`${at}/configmaps/one`, { preconditions: { resourceVersion: '1' } })).status).toBe(409);
      expect((await client().remove(`${at}/configmaps/one`, { preconditions: { uid: 'other' } })).status).toBe(409);
      expect((await client().remove(`${at}/configmaps/one?dryRun=All`)).status).toBe(200);
      expect((await client().remove(`${at}/configmaps/one`, { preconditions: { uid: made.body.metadata.uid } })).status).toBe(200);
    });

    it('waits for finalizers', async () => {
      const at = await namespace();
      await client().post(`${at}/configmaps`, { ...configMap('one'), metadata: { name: 'one', finalizers: ['example.com/wait'] } });
      const removed = await client().remove(`${at}/configmaps/one`);
      expect(removed.body.metadata.deletionTimestamp).toBeDefined();
      const added = await client().merge(`${at}/configmaps/one`, { metadata: { finalizers: ['example.com/wait', 'example.com/more'] } });
      expect(added.status).toBe(422);
      await client().merge(`${at}/configmaps/one`, { metadata: { finalizers: null } });
      expect((await client().get(`${at}/configmaps/one`)).status).toBe(404);
    });

    it('gives a pod on a node its time, and none to another', async () => {
      const at = await namespace();
      await client().post(`${at}/pods`, pod('free', 'x'));
      await client().post(`${at}/pods`, pod('bound', 'x', { nodeName: 'some-node', terminationGracePeriodSeconds: 20 }));
      await client().remove(`${at}/pods/free`);
      expect((await client().get(`${at}/pods/free`)).status).toBe(404);
      const marked = await client().remove(`${at}/pods/bound`);
      expect(marked.body.metadata.deletionGracePeriodSeconds).toBe(20);
      expect((await client().get(`${at}/pods/bound`)).status).toBe(200);
      await client().remove(`${at}/pods/bound`, { gracePeriodSeconds: 0 });
      expect((await client().get(`${at}/pods/bound`)).status).toBe(404);
    });

    it('removes what is owned after its owner', async () => {
      const at = await namespace();
      const owner = await client().post(`${at}/configmaps`, configMap('owner'));
      await client().post(`${at}/configmaps`, owned('child', owner));
      await client().remove(`${at}/configmaps/owner`, { propagationPolicy: 'Background' });
      await eventually(() => client().get(`${at}/configmaps/child`), gone);
    });

    it('removes what is owned before its owner when asked to', async () => {
      const at = await namespace();
      const owner = await client().post(`${at}/configmaps`, configMap('owner'));
      await client().post(`${at}/configmaps`, { ...owned('child', owner, { blockOwnerDeletion: true }) });
      await client().remove(`${at}/configmaps/owner`, { propagationPolicy: 'Foreground' });
      await eventually(() => client().get(`${at}/configmaps/owner`), gone);
      expect((await client().get(`${at}/configmaps/child`)).status).toBe(404);
    });

    it('lets go what is owned when asked to', async () => {
      const at = await namespace();
      const owner = await client().post(`${at}/configmaps`, configMap('owner'));
      await client().post(`${at}/configmaps`, owned('child', owner));
      await client().remove(`${at}/configmaps/owner`, { propagationPolicy: 'Orphan' });
      await eventually(() => client().get(`${at}/configmaps/owner`), gone);
      expect((await client().get(`${at}/configmaps/child`)).body.metadata.ownerReferences).toBeUndefined();
    });

    it('empties a namespace before it goes, and lets nothing in meanwhile', async () => {
      const at = await namespace();
      await client().post(`${at}/configmaps`, { ...configMap('held'), metadata: { name: 'held', finalizers: ['example.com/wait'] } });
      await client().post(`${at}/configmaps`, configMap('one'));
      const removed = await client().remove(at);
      expect(removed.body.status.phase).toBe('Terminating');
      await eventually(() => client().get(`${at}/configmaps/one`), gone);
      const late = await client().post(`${at}/configmaps`, configMap('late'));
      expect([late.status, late.body.reason]).toEqual([403, 'Forbidden']);
      await client().merge(`${at}/configmaps/held`, { metadata: { finalizers: null } });
      await eventually(() => client().get(at), gone);
    });

    it('keeps the namespaces of the system', async () => {
      expect((await client().remove('/api/v1/namespaces/default')).status).toBe(403);
      const names = (await client().get('/api/v1/namespaces')).body.items.map((one: { metadata: { name: string } }) => one.metadata.name);
      expect(names).toEqual(expect.arrayContaining(['default', 'kube-node-lease', 'kube-public', 'kube-system']));
      expect((await client().get('/api/v1/namespaces/default')).body.metadata.labels['kubernetes.io/metadata.name']).toBe('default');
    });
  });
}
