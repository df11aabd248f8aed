import { describe, expect, it } from 'vitest';
import { configMap, ingress, path, pod, service } from './examples.ts';
import type { Setting } from './setting.ts';

/** Creating, reading, replacing: what the server sets, counts and refuses. */
export function objectCases({ client, namespace, inGroup }: Setting): void {
  describe('objects', () => {
    it('creates, reads and replaces an object', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one'));
      expect(made.status).toBe(201);
      expect(made.body.metadata).toMatchObject({ name: 'one', namespace: at.split('/').at(-1) });
      expect(made.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(made.body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const changed = await client().put(`${at}/configmaps/one`, { ...made.body, data: { a: '2' } });
      expect(changed.status).toBe(200);
      const read = await client().get(`${at}/configmaps/one`);
      expect(read.body.data).toEqual({ a: '2' });
      expect(Number(read.body.metadata.resourceVersion)).toBeGreaterThan(Number(made.body.metadata.resourceVersion));
      expect(read.body.metadata.uid).toBe(made.body.metadata.uid);
    });

    it('does not count a write that changes nothing', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one'));
      const again = await client().put(`${at}/configmaps/one`, made.body);
      expect(again.body.metadata.resourceVersion).toBe(made.body.metadata.resourceVersion);
    });

    it('refuses a write over a version that is no longer the newest', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one'));
      await client().put(`${at}/configmaps/one`, { ...made.body, data: { a: '2' } });
      const late = await client().put(`${at}/configmaps/one`, { ...made.body, data: { a: '3' } });
      expect([late.status, late.body.reason]).toEqual([409, 'Conflict']);
      expect(late.body.message).toContain('the object has been modified; please apply your changes to the latest version');
    });

    it('lets exactly one of many writers over the same version through', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/configmaps`, configMap('one'));
      const race = await Promise.all(
        Array.from({ length: 8 }, (_, n) => client().put(`${at}/configmaps/one`, { ...made.body, data: { n: String(n) } })),
      );
      expect(race.map((one) => one.status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
    });

    it.each([
      ['already there', (at: string) => client().post(`${at}/configmaps`, configMap('one')), 409, 'AlreadyExists'],
      [
        'of another kind',
        (at: string) => client().post(`${at}/configmaps`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }),
        400,
        'BadRequest',
      ],
      [
        'of another namespace',
        (at: string) => client().post(`${at}/configmaps`, { ...configMap('x'), metadata: { name: 'x', namespace: 'other' } }),
        400,
        'BadRequest',
      ],
      ['in a namespace that is not there', () => client().post('/api/v1/namespaces/nowhere/configmaps', configMap('x')), 404, 'NotFound'],
      ['without a name', (at: string) => client().post(`${at}/configmaps`, { ...configMap(''), metadata: {} }), 422, 'Invalid'],
      ['with a name in capitals', (at: string) => client().post(`${at}/configmaps`, configMap('Upper')), 422, 'Invalid'],
      ['with another name than its path', (at: string) => client().put(`${at}/configmaps/one`, configMap('two')), 400, 'BadRequest'],
      [
        'with another uid',
        (at: string) => client().put(`${at}/configmaps/one`, { ...configMap('one'), metadata: { name: 'one', uid: 'other' } }),
        409,
        'Conflict',
      ],
      ['to replace what is not there', (at: string) => client().put(`${at}/configmaps/two`, configMap('two')), 404, 'NotFound'],
      ['that is no JSON', (at: string) => client().post(`${at}/configmaps`, '{'), 400, 'BadRequest'],
    ])('refuses an object %s', async (_what, call, status, reason) => {
      const at = await namespace();
      await client().post(`${at}/configmaps`, configMap('one'));
      const answer = await call(at);
      expect([answer.status, answer.body.reason, answer.body.kind]).toEqual([status, reason, 'Status']);
    });

    it('makes names from generateName', async () => {
      const at = await namespace();
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
      const names = await Promise.all([1, 2, 3].map(async () => (await client().post(`${at}/configmaps`, body)).body.metadata.name));
      expect(new Set(names).size).toBe(3);
      for (const name of names) expect(name).toMatch(/^made-[a-z0-9]{5}$/);
    });

    it('stores nothing on a dry run and still says what would be', async () => {
      const at = await namespace();
      const tried = await client().post(`${at}/services?dryRun=All`, service('web'));
      expect([tried.status, tried.body.spec.type]).toEqual([201, 'ClusterIP']);
      expect((await client().get(`${at}/services/web`)).status).toBe(404);
      expect((await client().post(`${at}/services?dryRun=Some`, service('web'))).status).toBeGreaterThanOrEqual(400);
    });

    it('counts generations on changes of the wish alone', async () => {
      const at = await namespace();
      const ingresses = `${inGroup('networking.k8s.io/v1', at)}/ingresses`;
      const made = await client().post(ingresses, ingress('one'));
      const labelled = await client().merge(`${ingresses}/one`, { metadata: { labels: { a: 'b' } } });
      const reported = await client().merge(`${ingresses}/one/status`, {
        status: { loadBalancer: { ingress: [{ hostname: 'x.example.com' }] } },
      });
      const changed = await client().merge(`${ingresses}/one`, { spec: { rules: [{ host: 'b.example.com', http: { paths: [path()] } }] } });
      expect([made, labelled, reported, changed].map((one) => one.body.metadata.generation)).toEqual([1, 1, 1, 2]);
    });

    it('writes status only through its subresource, and nothing else through it', async () => {
      const at = await namespace();
      const ingresses = `${inGroup('networking.k8s.io/v1', at)}/ingresses`;
      const status = { loadBalancer: { ingress: [{ hostname: 'x.example.com' }] } };
      const made = await client().post(ingresses, { ...ingress('one'), status });
      expect(made.body.status).toEqual({ loadBalancer: {} });
      const beside = await client().merge(`${ingresses}/one`, { status });
      expect(beside.body.metadata.resourceVersion).toBe(made.body.metadata.resourceVersion);
      const through = await client().put(`${ingresses}/one/status`, {
        ...made.body,
        status,
        spec: { rules: [{ host: 'other.example.com', http: { paths: [path()] } }] },
      });
      expect([through.body.status, through.body.spec]).toEqual([status, made.body.spec]);
    });

    it('refuses unknown and doubled fields when the client is strict, and warns when it is not', async () => {
      const at = await namespace();
      const ingresses = `${inGroup('networking.k8s.io/v1', at)}/ingresses`;
      const text = JSON.stringify(ingress('one')).replace('"host":', '"bar":1,"host":"b.example.com","host":');
      const strict = await client().post(`${ingresses}?fieldValidation=Strict`, text);
      expect([strict.status, strict.body.reason]).toEqual([400, 'BadRequest']);
      expect(strict.body.message).toContain(
        'strict decoding error: unknown field "spec.rules[0].bar", duplicate field "spec.rules[0].host"',
      );
      const lenient = await client().post(ingresses, text);
      expect([lenient.status, String(lenient.headers['warning'])]).toEqual([201, expect.stringContaining('unknown field')]);
      expect(JSON.stringify(lenient.body)).not.toContain('"bar"');
    });

    it('reads YAML as strictly as JSON', async () => {
      const at = await namespace();
      const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: "1"}\n';
      const made = await client().post(`${at}/configmaps?fieldValidation=Strict`, yaml, { type: 'application/yaml' });
      expect([made.status, made.body.data]).toEqual([201, { a: '1' }]);
      const wrong = await client().post(`${at}/configmaps?fieldValidation=Strict`, `${yaml}extra: 1\n`, { type: 'application/yaml' });
      expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringContaining('unknown field "extra"')]);
    });

    it('refuses a value of a wrong type with 400', async () => {
      const at = await namespace();
      const answer = await client().post(`${at}/services`, service('web', { ports: [{ port: 'eighty' }] }));
      expect([answer.status, answer.body.message]).toEqual([
        400,
        expect.stringContaining('json: cannot unmarshal string into Go struct field'),
      ]);
    });

    it('fills in what a Service leaves out and keeps its address over replacements', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/services`, service('web'));
      expect(made.body.spec).toMatchObject({
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      });
      expect(made.body.spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 'http' }]);
      expect(made.body.spec.clusterIP).toMatch(/^10\.96\./);
      const replaced = await client().put(`${at}/services/web`, { ...service('web', { ports: [{ port: 81 }] }) });
      expect([replaced.body.spec.clusterIP, replaced.body.spec.ports]).toEqual([
        made.body.spec.clusterIP,
        [{ port: 81, protocol: 'TCP', targetPort: 81 }],
      ]);
      const nodePort = await client().merge(`${at}/services/web`, { spec: { type: 'NodePort' } });
      expect(nodePort.body.spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
      const headless = await client().post(`${at}/services`, service('plain', { clusterIP: 'None' }));
      expect(headless.body.spec.clusterIPs).toEqual(['None']);
    });

    it('fills in what a Pod and a Deployment leave out', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/pods`, pod('one', 'x'));
      expect(made.body.spec).toMatchObject({
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        terminationGracePeriodSeconds: 30,
        enableServiceLinks: true,
      });
      expect(made.body.spec.containers[0]).toMatchObject({
        imagePullPolicy: 'IfNotPresent',
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
      });
      expect(made.body.spec.tolerations.map((one: { key: string }) => one.key)).toEqual([
        'node.kubernetes.io/not-ready',
        'node.kubernetes.io/unreachable',
      ]);
      expect(made.body.status.phase).toBe('Pending');
      const template = { metadata: { labels: { app: 'x' } }, spec: pod('x', 'x').spec };
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        spec: { replicas: 0, selector: { matchLabels: { app: 'x' } }, template },
      };
      const deployed = await client().post(`${inGroup('apps/v1', at)}/deployments`, deployment);
      expect(deployed.body.spec).toMatchObject({
        replicas: 0,
        revisionHistoryLimit: 10,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      });
      const scale = await client().merge(`${inGroup('apps/v1', at)}/deployments/x/scale`, { spec: { replicas: 0 } });
      expect([scale.body.kind, scale.body.spec.replicas ?? 0, scale.body.status.selector]).toEqual(['Scale', 0, 'app=x']);
    });

    it('turns the text of a Secret into data', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's' },
        stringData: { a: 'x' },
      });
      expect([made.body.type, made.body.data, made.body.stringData]).toEqual(['Opaque', { a: 'eA==' }, undefined]);
    });

    it('gives a new Ingress the default class, and leaves one that names its class alone', async () => {
      const at = await namespace();
      const name = `default-for-${at.split('/').at(-1)}`;
      const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
      const classes = '/apis/networking.k8s.io/v1/ingressclasses';
      await client().post(classes, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: { name, annotations },
        spec: { controller: 'example.com/c' },
      });
      const ingresses = `${inGroup('networking.k8s.io/v1', at)}/ingresses`;
      const plain = await client().post(ingresses, ingress('one'));
      const named = await client().post(ingresses, ingress('two', [path()], {}, { ingressClassName: 'other' }));
      await client().remove(`${classes}/${name}`);
      expect([plain.body.spec.ingressClassName, named.body.spec.ingressClassName]).toEqual([name, 'other']);
    });

    it('shows objects as metadata and as rows of a table', async () => {
      const at = await namespace();
      await client().post(`${at}/services`, service('web'));
      const metadata = await client().get(`${at}/services/web`, { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' });
      expect([metadata.body.kind, metadata.body.metadata.name, metadata.body.spec]).toEqual(['PartialObjectMetadata', 'web', undefined]);
      const table = await client().get(`${at}/services`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      expect(table.body.columnDefinitions.map((one: { name: string }) => one.name)).toEqual([
        'Name',
        'Type',
        'Cluster-IP',
        'External-IP',
        'Port(s)',
        'Age',
        'Selector',
      ]);
      expect(table.body.rows[0].cells.slice(0, 2)).toEqual(['web', 'ClusterIP']);
      expect(table.body.rows[0].object.kind).toBe('PartialObjectMetadata');
    });
  });
}
