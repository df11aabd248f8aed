/** Every example does what its comment says, on top of the café. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readManifests } from '#infra/local/start/apply.ts';
import type { KubeObject } from '#shared/kube/port.ts';
import { kinds } from '#shared/kube/port.ts';
import { expectQuiet, type Routed, routed } from '#test/support/routed.ts';
import { carryOut, shownIn } from '#test/support/routed-curl.ts';
import { until } from '#test/support/until.ts';

const folder = new URL('../../../examples/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
/** Started by `npm start` and walked through in the README, or in need of nodes and health checks; their own tests are there. */
const walked = ['cafe.yaml', 'juice.yaml', 'node-port.yaml', 'rolling-update.yaml'];
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && !walked.includes(file));

const objectsOf = (file: string): readonly KubeObject[] =>
  readManifests(read(file), file).map((object) => ({
    ...object,
    metadata: { ...object.metadata, ...(kinds[object.kind].namespaced ? { namespace: object.metadata.namespace ?? 'default' } : {}) },
  })) as readonly KubeObject[]; // read by the schema of manifests

/** What an example shows beside its commands. */
const more: Readonly<Record<string, (shop: Routed) => Promise<void>>> = {
  'mirror.yaml': async (shop) => {
    const before = shop.served('tea');
    await shop.ask({ host: 'mirror.example.com', path: '/order' });
    await until(() => shop.served('tea') === before + 1, 'the copy of the request');
  },
  'headers.yaml': async (shop) => {
    expect((await shop.ask({ host: 'drinks.example.com' })).headers).not.toHaveProperty('x-content-type-options');
  },
};

describe('examples', () => {
  it.each(files)('%s does what its comment says', async (file) => {
    const shown = shownIn(read(file));
    expect(shown.length).toBeGreaterThan(0);
    const cafe = objectsOf('cafe.yaml');
    const albConfig = cafe.find((one) => one.kind === 'AlbConfig');
    if (albConfig === undefined) throw new Error('the café has no AlbConfig');
    const others = cafe.filter((one) => !['AlbConfig', 'IngressClass'].includes(one.kind));
    const shop = await routed({
      albConfig,
      services: [],
      ingresses: others,
      settings: { dataPlane: { trafficLimitBurst: 1, corsPreflightStatus: 200 } },
    });
    await shop.apply(...objectsOf(file));
    for (const one of shown) await carryOut(one, shop);
    await more[file]?.(shop);
    await expectQuiet(shop);
    await shop.stop();
  });
});
