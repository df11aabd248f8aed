import { describe, expect, it } from 'vitest';
import { configMap, pod, service } from './examples.ts';
import type { Setting } from './setting.ts';

const ports = (answer: { body: { spec: { ports: { name: string; port: number; targetPort: unknown }[] } } }) =>
  answer.body.spec.ports.map((port) => `${port.name}:${port.port}>${port.targetPort}`);

/** The three patches. */
export function patchCases({ client, namespace }: Setting): void {
  describe('patches', () => {
    it('merges: sets, removes with null, replaces lists', async () => {
      const at = await namespace();
      await client().post(`${at}/configmaps`, configMap('one', { a: '1', b: '2' }));
      const merged = await client().merge(`${at}/configmaps/one`, { data: { a: null, c: '3' }, metadata: { finalizers: null } });
      expect(merged.body.data).toEqual({ b: '2', c: '3' });
    });

    it('merges lists by their keys when the patch is strategic, in the order asked for', async () => {
      const at = await namespace();
      const listed = [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ];
      await client().post(`${at}/services`, service('web', { ports: listed }));
      const added = await client().strategic(`${at}/services/web`, { spec: { ports: [{ name: 'c', port: 3 }] } });
      expect(ports(added)).toEqual(['c:3>3', 'a:1>1', 'b:2>2']);
      const changed = await client().strategic(`${at}/services/web`, {
        spec: {
          ports: [
            { port: 2, targetPort: 22 },
            { $patch: 'delete', port: 1 },
          ],
        },
      });
      expect(ports(changed)).toEqual(['c:3>3', 'b:2>22']);
      const ordered = await client().strategic(`${at}/services/web`, {
        spec: { '$setElementOrder/ports': [{ port: 2 }, { port: 3 }], ports: [{ port: 3, targetPort: 33 }] },
      });
      expect(ports(ordered)).toEqual(['b:2>22', 'c:3>33']);
      const replaced = await client().strategic(`${at}/services/web`, {
        spec: { ports: [{ $patch: 'replace' }, { name: 'd', port: 4 }], selector: { $patch: 'replace', app: 'x' } },
      });
      expect([ports(replaced), replaced.body.spec.selector]).toEqual([['d:4>4'], { app: 'x' }]);
    });

    it('takes finalizers from and adds them to a list of words', async () => {
      const at = await namespace();
      await client().post(`${at}/configmaps`, configMap('one'));
      await client().strategic(`${at}/configmaps/one`, { metadata: { finalizers: ['example.com/a'] } });
      const both = await client().strategic(`${at}/configmaps/one`, { metadata: { finalizers: ['example.com/b'] } });
      expect([...both.body.metadata.finalizers].sort()).toEqual(['example.com/a', 'example.com/b']);
      const one = await client().strategic(`${at}/configmaps/one`, {
        metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] },
      });
      expect(one.body.metadata.finalizers).toEqual(['example.com/b']);
      const none = await client().merge(`${at}/configmaps/one`, { metadata: { finalizers: null } });
      expect(none.body.metadata.finalizers).toBeUndefined();
    });

    it('carries out a JSON patch, or nothing of it', async () => {
      const at = await namespace();
      await client().post(`${at}/configmaps`, configMap('one'));
      const done = await client().json(`${at}/configmaps/one`, [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'add', path: '/data/b', value: '2' },
      ]);
      expect(done.body.data).toEqual({ a: '1', b: '2' });
      const failed = await client().json(`${at}/configmaps/one`, [
        { op: 'remove', path: '/data/b' },
        { op: 'test', path: '/data/a', value: '9' },
      ]);
      expect([failed.status, failed.body.reason]).toEqual([422, 'Invalid']);
      expect((await client().get(`${at}/configmaps/one`)).body.data).toEqual({ a: '1', b: '2' });
    });

    it('treats a version in a patch as a condition', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one'));
      const version = made.body.metadata.resourceVersion;
      expect((await client().merge(`${at}/configmaps/one`, { metadata: { resourceVersion: version }, data: { a: '2' } })).status).toBe(200);
      expect((await client().merge(`${at}/configmaps/one`, { metadata: { resourceVersion: version }, data: { a: '3' } })).status).toBe(409);
    });

    it.each(['merge', 'strategic'] as const)('treats a uid in a %s patch as a field that must not change', async (kind) => {
      const at = await namespace();
      await client().post(`${at}/pods`, pod('web', 'web'));
      const refused = await client()[kind](`${at}/pods/web/status`, { metadata: { uid: 'other' }, status: { phase: 'Running' } });
      expect([refused.status, refused.body.reason]).toEqual([422, 'Invalid']);
      expect(refused.body.details.causes[0]).toMatchObject({ reason: 'FieldValueInvalid', field: 'metadata.uid' });
    });

    it('merges conditions of a status by type', async () => {
      const at = await namespace();
      await client().post(`${at}/pods`, pod('web', 'web'));
      await client().strategic(`${at}/pods/web/status`, { status: { conditions: [{ type: 'a', status: 'False', reason: 'Wait' }] } });
      await client().strategic(`${at}/pods/web/status`, { status: { conditions: [{ type: 'b', status: 'True' }] } });
      const both = await client().strategic(`${at}/pods/web/status`, { status: { conditions: [{ type: 'a', status: 'True' }] } });
      const found = both.body.status.conditions.map((one: { type: string; status: string; reason?: string }) =>
        [one.type, one.status, one.reason ?? ''].join(' ').trim(),
      );
      expect(found.sort()).toEqual(['a True Wait', 'b True']);
      // A condition is taken away by its key.
      const none = await client().strategic(`${at}/pods/web/status`, { status: { conditions: [{ $patch: 'delete', type: 'a' }] } });
      expect(none.body.status.conditions.map((one: { type: string }) => one.type)).toEqual(['b']);
    });

    it('leaves the version of an object alone when the patch changes nothing', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/services`, service('web'));
      const same = await client().strategic(`${at}/services/web`, { spec: { ports: [{ port: 80, targetPort: 'http' }] } });
      expect(same.body.metadata.resourceVersion).toBe(made.body.metadata.resourceVersion);
    });

    it.each([
      ['renames', (at: string) => client().merge(`${at}/configmaps/one`, { metadata: { name: 'two' } }), 400],
      ['is no patch', (at: string) => client().call('PATCH', `${at}/configmaps/one`, { body: {}, type: 'application/json' }), 415],
      ['adds an unknown field strictly', (at: string) => client().merge(`${at}/configmaps/one?fieldValidation=Strict`, { extra: 1 }), 422],
      ['is for what is not there', (at: string) => client().merge(`${at}/configmaps/two`, {}), 404],
    ])('refuses a patch that %s', async (_what, call, status) => {
      const at = await namespace();
      await client().post(`${at}/configmaps`, configMap('one'));
      expect((await call(at)).status).toBe(status);
    });
  });
}
