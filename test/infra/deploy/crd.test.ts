import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { crdYaml } from '#infra/deploy/crd.ts';
import { generated, outdated } from '#infra/deploy/generate.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

const definition = parse(crdYaml());
const version = definition.spec.versions[0];
const root: Schema = version.schema.openAPIV3Schema;
const spec = root.properties?.['spec'];

/** Every schema below one, itself included. */
const all = (schema: Schema): Schema[] => [
  schema,
  ...Object.values(schema.properties ?? {}).flatMap(all),
  ...(schema.items === undefined ? [] : all(schema.items)),
];

describe('the definition of AlbConfig', () => {
  it('is the one that the existing controllers use', () => {
    expect(definition.metadata.name).toBe('albconfigs.alibabacloud.com');
    expect(definition.spec).toMatchObject({
      group: 'alibabacloud.com',
      scope: 'Cluster',
      names: { kind: 'AlbConfig', plural: 'albconfigs' },
    });
    expect(version).toMatchObject({ name: 'v1', served: true, storage: true, subresources: { status: {} } });
  });

  it('is structural: every schema has a type, or is a number or its text', () => {
    for (const one of all(root)) expect(one.type !== undefined || one['x-kubernetes-int-or-string'] === true).toBe(true);
    for (const one of all(root))
      for (const keyword of ['anyOf', '$ref', 'additionalProperties', '$schema']) expect(one).not.toHaveProperty(keyword);
  });

  it('keeps fields in any case under config and listeners, and asks for none of them there', () => {
    for (const part of [spec?.properties?.['config'], spec?.properties?.['listeners']?.items]) {
      for (const one of all(part ?? {}).filter((inner) => inner.type === 'object')) {
        expect(one['x-kubernetes-preserve-unknown-fields']).toBe(true);
        expect(one['required']).toBeUndefined();
      }
    }
  });

  it('has patterns that Go understands: no looking around, no references back', () => {
    for (const one of all(root)) expect(String(one['pattern'] ?? '')).not.toMatch(/\(\?[=!<]|\\\d/);
  });

  it('explains every field', () => {
    const fields = all(spec ?? {}).flatMap((one) => Object.entries(one.properties ?? {}));
    expect(fields.length).toBeGreaterThan(20);
    for (const [, one] of fields) expect(one.description?.length ?? 0).toBeGreaterThan(3);
  });

  it('shows id, name, phase, readiness and age', () => {
    expect(version.additionalPrinterColumns.map((one: { name: string }) => one.name)).toEqual([
      'ALB ID',
      'DNS NAME',
      'PHASE',
      'READY',
      'AGE',
    ]);
  });
});

describe('files drawn from tables', () => {
  it('are up to date', async () => {
    expect((await outdated(generated)).map((one) => one.path)).toEqual([]);
  });
});
