/**
 * Writes `openapi.generated.json` from a real API server: the schemas of the kinds we serve, without descriptions. Run by hand:
 * `KUBEBUILDER_ASSETS=… npx tsx infra/local/kubernetes/generate-openapi.ts`
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControlPlane } from './assets.ts';
import { isMap, type Json, type JsonMap, mapAt, parseJson, textAt } from './json.ts';
import { apiVersionOf, builtIn } from './resources.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const ALWAYS = [
  `${META}.DeleteOptions`,
  `${META}.Status`,
  `${META}.Patch`,
  `${META}.ListMeta`,
  `${META}.ObjectMeta`,
  `${META}.WatchEvent`,
  'io.k8s.api.autoscaling.v1.Scale',
];

function ask(url: string, headers: Record<string, string>, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { ca, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part)).once('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    })
      .once('error', reject)
      .end();
  });
}

/** Without descriptions, and with the many groups of shared kinds (DeleteOptions) left out. */
function withoutText(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutText);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([key, part]) => !(key === 'description' && typeof part === 'string'));
  return Object.fromEntries(
    kept.map(([key, part]) => [
      key,
      key === 'x-kubernetes-group-version-kind' && Array.isArray(part) ? part.slice(0, 1) : withoutText(part),
    ]),
  );
}

function collect(schemas: JsonMap, name: string, into: JsonMap): void {
  if (into[name] !== undefined || schemas[name] === undefined) return;
  const schema = withoutText(schemas[name]);
  into[name] = schema;
  for (const [, ref = ''] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) collect(schemas, ref, into);
}

async function readSchemas(server: string, ca: string, token: string): Promise<JsonMap> {
  const headers = { authorization: `Bearer ${token}` };
  const wanted: JsonMap = {};
  const paths = new Set([
    ...builtIn.map((resource) => (resource.group === '' ? 'api/v1' : `apis/${apiVersionOf(resource)}`)),
    'apis/autoscaling/v1',
  ]);
  for (const path of paths) {
    const schemas = mapAt(parseJson(await ask(`${server}/openapi/v3/${path}`, headers, ca)), 'components', 'schemas');
    const names = builtIn.flatMap((resource) => [resource.schema, `${resource.schema}List`]);
    for (const name of [...names, ...ALWAYS]) collect(schemas, name, wanted);
  }
  return wanted;
}

const assets = process.env['KUBEBUILDER_ASSETS'];
if (assets === undefined) throw new Error('KUBEBUILDER_ASSETS must name the folder of the real binaries');
const dir = await mkdtemp(join(tmpdir(), 'albeit-openapi-'));
const service = await startControlPlane({ assets, dir });
try {
  const token = textAt(parseJson(await readFile(join(dir, 'identity.json'), 'utf8')), 'token');
  const ca = await readFile(join(dir, 'authority.crt'), 'utf8');
  const version = textAt(parseJson(await ask(`${service.url}/version`, { authorization: `Bearer ${token}` }, ca)), 'gitVersion');
  const schemas = await readSchemas(service.url, ca, token);
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  const lines = Object.entries(sorted).map(([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`);
  await writeFile(
    join(import.meta.dirname, 'openapi.generated.json'),
    `{"version":${JSON.stringify(version)},"schemas":{\n${lines.join(',\n')}\n}}\n`,
  );
} finally {
  await service.stop();
  await rm(dir, { recursive: true, force: true });
}
