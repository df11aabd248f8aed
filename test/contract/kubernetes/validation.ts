import { describe, expect, it } from 'vitest';
import { ingress, path, pod, service, slice } from './examples.ts';
import type { Setting } from './setting.ts';

const backend = (service: object) => [path({ backend: { service } })];

const ingresses: readonly (readonly [string, object, string])[] = [
  ['no pathType', ingress('x', [path({ pathType: undefined })]), 'spec.rules[0].http.paths[0].pathType'],
  ['an unknown pathType', ingress('x', [path({ pathType: 'Regex' })]), 'spec.rules[0].http.paths[0].pathType'],
  ['a relative path', ingress('x', [path({ path: 'a' })]), 'spec.rules[0].http.paths[0].path'],
  ['a path with //', ingress('x', [path({ path: '/a//b' })]), 'spec.rules[0].http.paths[0].path'],
  ['a host that is an address', ingress('x', [path()], { host: '10.0.0.1' }), 'spec.rules[0].host'],
  ['a host in capitals', ingress('x', [path()], { host: 'A.example.com' }), 'spec.rules[0].host'],
  ['a wildcard inside the host', ingress('x', [path()], { host: 'a.*.example.com' }), 'spec.rules[0].host'],
  ['no backend', ingress('x', [path({ backend: {} })]), 'spec.rules[0].http.paths[0].backend'],
  [
    'both kinds of backend',
    ingress('x', [path({ backend: { service: { name: 'a', port: { number: 1 } }, resource: { kind: 'K', name: 'n' } } })]),
    'spec.rules[0].http.paths[0].backend',
  ],
  ['no port', ingress('x', backend({ name: 'a' })), 'spec.rules[0].http.paths[0].backend'],
  ['two ports', ingress('x', backend({ name: 'a', port: { number: 1, name: 'b' } })), 'spec.rules[0].http.paths[0].backend'],
  [
    'a port of 70000',
    ingress('x', backend({ name: 'a', port: { number: 70_000 } })),
    'spec.rules[0].http.paths[0].backend.service.port.number',
  ],
  ['neither rules nor backend', { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'x' }, spec: {} }, 'spec'],
  ['no paths', ingress('x', []), 'spec.rules[0].http.paths'],
];

const services: readonly (readonly [string, object, string])[] = [
  ['no ports', service('x', { ports: [] }), 'spec.ports'],
  ['a port of 0', service('x', { ports: [{ port: 0 }] }), 'spec.ports[0].port'],
  ['two ports without names', service('x', { ports: [{ port: 1 }, { port: 2 }] }), 'spec.ports[0].name'],
  [
    'two ports of one name',
    service('x', {
      ports: [
        { port: 1, name: 'a' },
        { port: 2, name: 'a' },
      ],
    }),
    'spec.ports[1].name',
  ],
  ['an unknown type', service('x', { type: 'Magic' }), 'spec.type'],
  ['an unknown protocol', service('x', { ports: [{ port: 1, protocol: 'HTTP' }] }), 'spec.ports[0].protocol'],
  ['a family that the cluster has not', service('x', { ipFamilies: ['IPv6'] }), 'spec.ipFamilies[0]'],
  ['two families', service('x', { ipFamilyPolicy: 'RequireDualStack' }), 'spec.ipFamilyPolicy'],
];

const addresses = ['127.0.0.1', '169.254.1.1', '0.0.0.0', '224.0.0.5', 'not-an-address'];

/** Refusals of the kinds that matter here: the same status, reason and field as the real API. */
export function validationCases({ client, namespace, inGroup }: Setting): void {
  const refused = async (collection: string, body: object, field: string) => {
    const answer = await client().post(collection, body);
    expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid']);
    expect(answer.body.details.causes.map((cause: { field: string }) => cause.field)).toContain(field);
  };

  describe('validation', () => {
    it.each(ingresses)('refuses an Ingress with %s', async (_what, body, field) => {
      await refused(`${inGroup('networking.k8s.io/v1', await namespace())}/ingresses`, body, field);
    });

    it('admits what is unusual but right in an Ingress', async () => {
      const at = `${inGroup('networking.k8s.io/v1', await namespace())}/ingresses`;
      const odd = [
        path({ path: '', pathType: 'ImplementationSpecific' }),
        path({ path: '/~*^/(a|b)', pathType: 'ImplementationSpecific' }),
        path({ backend: { resource: { kind: 'K', name: 'n', apiGroup: 'g.example.com' } } }),
      ];
      expect((await client().post(at, ingress('wild', odd, { host: '*.example.com' }))).status).toBe(201);
      expect(
        (await client().post(at, ingress('any', [path({ backend: { service: { name: 'a', port: { name: 'http' } } } })], {}))).status,
      ).toBe(201);
    });

    it.each(services)('refuses a Service with %s', async (_what, body, field) => {
      await refused(`${await namespace()}/services`, body, field);
    });

    it.each(addresses)('refuses an EndpointSlice with the address %s', async (address) => {
      await refused(
        `${inGroup('discovery.k8s.io/v1', await namespace())}/endpointslices`,
        slice('x', address),
        'endpoints[0].addresses[0]',
      );
    });

    it('keeps the controller of an IngressClass and the selector of a Deployment as they are', async () => {
      const at = await namespace();
      const name = `fixed-${at.split('/').at(-1)}`;
      const classes = '/apis/networking.k8s.io/v1/ingressclasses';
      await client().post(classes, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: { name },
        spec: { controller: 'example.com/a' },
      });
      const moved = await client().merge(`${classes}/${name}`, { spec: { controller: 'example.com/b' } });
      expect([moved.status, moved.body.details.causes[0].field]).toEqual([422, 'spec.controller']);
      await client().remove(`${classes}/${name}`);
    });

    it('refuses a Deployment whose template its selector does not choose, and pods without containers', async () => {
      const at = await namespace();
      const template = { metadata: { labels: { app: 'b' } }, spec: pod('x', 'b').spec };
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        spec: { selector: { matchLabels: { app: 'a' } }, template },
      };
      await refused(`${inGroup('apps/v1', at)}/deployments`, deployment, 'spec.template.metadata.labels');
      await refused(`${at}/pods`, pod('x', 'a', { containers: [] }), 'spec.containers');
    });

    it('refuses labels that are none', async () => {
      const at = await namespace();
      await refused(
        `${at}/configmaps`,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', labels: { a: 'no spaces' } } },
        'metadata.labels',
      );
    });

    it.each([
      [
        'a lease time without its six decimals',
        '/apis/coordination.k8s.io/v1',
        'leases',
        { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec: { renewTime: '2026-01-01T00:00:00Z' } },
      ],
      ['a secret that is not base64', '/api/v1', 'secrets', { apiVersion: 'v1', kind: 'Secret', data: { a: '?' } }],
      ['a time that is none', '/api/v1', 'events', { apiVersion: 'v1', kind: 'Event', involvedObject: {}, firstTimestamp: 'yesterday' }],
    ])('cannot read %s', async (_what, group, plural, body) => {
      const at = (await namespace()).replace('/api/v1', group);
      const answer = await client().post(`${at}/${plural}`, { ...body, metadata: { name: 'x' } });
      expect([answer.status, answer.body.reason]).toEqual([400, 'BadRequest']);
    });

    it('keeps events beside what they are about', async () => {
      const at = await namespace();
      const event = { apiVersion: 'v1', kind: 'Event', metadata: { generateName: 'x' }, reason: 'Tried', type: 'Normal' };
      const cluster = { ...event, involvedObject: { kind: 'IngressClass', name: 'x' } };
      await refused(`${at}/events`, cluster, 'involvedObject.namespace');
      expect((await client().post('/api/v1/namespaces/default/events?dryRun=All', cluster)).status).toBe(201);
      const near = { ...event, involvedObject: { kind: 'Pod', name: 'x', namespace: at.split('/').at(-1) } };
      expect((await client().post(`${at}/events`, near)).status).toBe(201);
    });

    it('wants a TLS Secret whole and a lease time above zero', async () => {
      const at = await namespace();
      await refused(
        `${at}/secrets`,
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, type: 'kubernetes.io/tls' },
        'data[tls.key]',
      );
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' }, spec: { leaseDurationSeconds: 0 } };
      await refused(`${inGroup('coordination.k8s.io/v1', at)}/leases`, lease, 'spec.leaseDurationSeconds');
    });

    it('takes a RoleBinding for what it is, and keeps its role as it is', async () => {
      const at = `${inGroup('rbac.authorization.k8s.io/v1', await namespace())}/rolebindings`;
      const binding = (name: string, more: object) => ({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name },
        ...more,
      });
      const group = 'rbac.authorization.k8s.io';
      const account = { kind: 'ServiceAccount', name: 'x', namespace: 'default' };
      const subjects = [account, { kind: 'User', name: 'u' }, { kind: 'Group', name: 'g' }];
      const made = await client().post(at, binding('one', { roleRef: { kind: 'ClusterRole', name: 'view' }, subjects }));
      expect([made.status, made.body.roleRef, made.body.subjects]).toEqual([
        201,
        { apiGroup: group, kind: 'ClusterRole', name: 'view' },
        [account, { kind: 'User', name: 'u', apiGroup: group }, { kind: 'Group', name: 'g', apiGroup: group }],
      ]);
      const moved = await client().merge(`${at}/one`, { roleRef: { name: 'edit' } });
      expect([moved.status, moved.body.details.causes[0].field]).toEqual([422, 'roleRef']);
      expect((await client().merge(`${at}/one`, { subjects: [] })).status).toBe(200);
      const table = await client().get(at, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      const names = table.body.columnDefinitions.map((one: { name: string }) => one.name);
      expect([names, table.body.rows[0].cells[1]]).toEqual([
        ['Name', 'Role', 'Age', 'Users', 'Groups', 'ServiceAccounts'],
        'ClusterRole/view',
      ]);
      const wrong = binding('two', {
        roleRef: { apiGroup: 'x', kind: 'Thing', name: '' },
        subjects: [
          { kind: 'ServiceAccount', name: '' },
          { kind: 'ServiceAccount', name: 'A_', apiGroup: 'y' },
          { kind: 'Robot', name: 'r' },
          { kind: 'Group', name: 'g', apiGroup: 'z' },
        ],
      });
      const fieldsOf = async (body: object): Promise<readonly string[]> =>
        (await client().post(at, body)).body.details.causes.map((cause: { field: string }) => cause.field);
      expect(await fieldsOf(wrong)).toEqual([
        'roleRef.apiGroup',
        'roleRef.kind',
        'roleRef.name',
        'subjects[0].name',
        'subjects[1].name',
        'subjects[1].apiGroup',
        'subjects[2].kind',
        'subjects[3].apiGroup',
      ]);
      expect(await fieldsOf(binding('three', {}))).toEqual(['roleRef.kind', 'roleRef.name']);
    });

    it('names every wrong field at once', async () => {
      const at = `${inGroup('networking.k8s.io/v1', await namespace())}/ingresses`;
      const answer = await client().post(at, ingress('x', [path({ path: 'a', backend: { service: { name: 'A', port: { number: 1 } } } })]));
      expect(answer.body.details.causes.map((cause: { field: string }) => cause.field).sort()).toEqual([
        'spec.rules[0].http.paths[0].backend.service.name',
        'spec.rules[0].http.paths[0].path',
      ]);
      expect(answer.body.message).toMatch(/^Ingress\.networking\.k8s\.io "x" is invalid: \[/);
    });
  });
}
