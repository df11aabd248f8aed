import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './client.ts';
import { definition, widget } from './examples.ts';
import type { Setting } from './setting.ts';

const GROUP = 'contract.example.com';

/** Custom resources: their definition is their schema, their table and their subresources. */
export function customResourceCases({ client, namespace, inGroup }: Setting): void {
  describe('custom resources', () => {
    beforeAll(async () => {
      await client().post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition(GROUP));
      await eventually(
        () => client().get(`/apis/${GROUP}/v1/widgets`),
        (answer) => answer.status === 200,
      );
    });
    const widgets = async () => `${inGroup(`${GROUP}/v1`, await namespace())}/widgets`;

    it('are found by discovery and OpenAPI', async () => {
      const index = await eventually(
        () => client().get('/openapi/v3'),
        (answer) => answer.body.paths[`apis/${GROUP}/v1`] !== undefined,
      );
      const document = await client().get(index.body.paths[`apis/${GROUP}/v1`].serverRelativeURL);
      expect(Object.keys(document.body.components.schemas)).toContain('com.example.contract.v1.Widget');
      expect((await client().get(`/apis/${GROUP}/v1`)).body.resources[0]).toMatchObject({
        name: 'widgets',
        kind: 'Widget',
        shortNames: ['wd'],
      });
    });

    it('get their defaults and lose what the schema does not know', async () => {
      const made = await client().post(
        await widgets(),
        widget(GROUP, 'one', { size: 3, stranger: 1, free: { any: { thing: 1 }, known: 'x' } }),
      );
      expect([made.status, made.body.spec]).toEqual([201, { size: 3, color: 'red', free: { any: { thing: 1 }, known: 'x' } }]);
      expect(made.body.metadata.generation).toBe(1);
    });

    it('are refused with unknown fields when the client is strict', async () => {
      const answer = await client().post(`${await widgets()}?fieldValidation=Strict`, widget(GROUP, 'one', { size: 3, stranger: 1 }));
      expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining('unknown field "spec.stranger"')]);
    });

    it.each([
      ['without a needed field', {}, 'spec.size'],
      ['with a value of a wrong type', { size: 'big' }, 'spec.size'],
      ['with a number above the limit', { size: 11 }, 'spec.size'],
      ['with a word that is not in the list', { size: 1, color: 'green' }, 'spec.color'],
      ['with a wrong known field where anything goes', { size: 1, free: { known: 1 } }, 'spec.free.known'],
      ['with a text that is too long', { size: 1, tags: [{ key: 'abcdef' }] }, 'spec.tags[0].key'],
      ['that breaks a rule', { size: 7 }, 'spec.size'],
      ['with neither a number nor a text', { size: 1, port: true }, 'spec.port'],
    ])('are refused %s', async (_what, spec, field) => {
      const answer = await client().post(await widgets(), widget(GROUP, 'one', spec));
      expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid']);
      expect(answer.body.details.causes.map((cause: { field: string }) => cause.field)).toContain(field);
    });

    it('take a number or a text where both are allowed', async () => {
      const at = await widgets();
      expect((await client().post(at, widget(GROUP, 'one', { size: 1, port: 80 }))).status).toBe(201);
      expect((await client().post(at, widget(GROUP, 'two', { size: 1, port: 'http' }))).status).toBe(201);
    });

    it('keep status apart and count generations of the wish', async () => {
      const at = await widgets();
      const made = await client().post(at, { ...widget(GROUP, 'one'), status: { phase: 'X' } });
      expect(made.body.status).toBeUndefined();
      const reported = await client().merge(`${at}/one/status`, { status: { phase: 'Ready' }, spec: { size: 9 } });
      expect([reported.body.status, reported.body.spec.size, reported.body.metadata.generation]).toEqual([{ phase: 'Ready' }, 3, 1]);
      const changed = await client().merge(`${at}/one`, { spec: { size: 4 }, status: { phase: 'Y' } });
      expect([changed.body.status, changed.body.metadata.generation]).toEqual([{ phase: 'Ready' }, 2]);
    });

    it('are merged by merge patch alone', async () => {
      const at = await widgets();
      await client().post(at, widget(GROUP, 'one'));
      expect((await client().strategic(`${at}/one`, { spec: { size: 4 } })).status).toBe(415);
    });

    it('are shown with the columns of their definition', async () => {
      const at = await widgets();
      await client().post(at, widget(GROUP, 'one'));
      await client().merge(`${at}/one/status`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
      const table = await client().get(at, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      expect(table.body.columnDefinitions.map((one: { name: string }) => one.name)).toEqual(['Name', 'Size', 'Ready']);
      expect(table.body.rows[0].cells).toEqual(['one', 3, 'True']);
    });

    it('go with their definition', async () => {
      const group = 'passing.example.com';
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const served = (status: number) =>
        eventually(
          () => client().get(`/apis/${group}/v1/widgets`),
          (answer) => answer.status === status,
        );
      const at = `${inGroup(`${group}/v1`, await namespace())}/widgets`;
      await client().post(definitions, definition(group));
      await served(200);
      expect((await client().post(at, widget(group, 'one'))).status).toBe(201);
      await client().remove(`${definitions}/widgets.${group}`);
      await served(404);
      await eventually(
        () => client().post(definitions, definition(group)),
        (answer) => answer.status === 201,
      );
      expect((await served(200)).body.items).toEqual([]);
      await client().remove(`${definitions}/widgets.${group}`);
    });

    it('cannot be defined by a schema that is not structural', async () => {
      const wrong = definition('wrong.example.com');
      const schema = wrong.spec.versions[0]?.schema.openAPIV3Schema.properties.spec ?? {};
      Reflect.deleteProperty(schema, 'type');
      const answer = await client().post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', wrong);
      expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid']);
    });
  });
}
