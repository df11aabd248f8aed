/** What the accounts of the manifest may do on an API server that enforces it: what is written in the table, and nothing else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RbacRow, rbacRows } from '#infra/deploy/rbac.ts';
import { startControlPlane } from '#infra/local/kubernetes/assets.ts';
import { prepareCluster } from '#infra/local/start/cluster.ts';
import { createKube } from '#shared/kube/adapter.ts';
import { kinds } from '#shared/kube/port.ts';
import { ownNamespace } from '#shared/ownership.ts';
import { Client } from '#test/contract/kubernetes/client.ts';
import { applyRbac, type RealRbac } from '#test/support/real-rbac.ts';

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** As every account of a cluster may, by the roles that each cluster begins with. */
const isEverybodys = ({ apiGroups }: Rule): boolean =>
  apiGroups.every((group) => group === 'authorization.k8s.io' || group === 'authentication.k8s.io');

const groupOf = ({ kind }: RbacRow): string => (kinds[kind].apiVersion.includes('/') ? (kinds[kind].apiVersion.split('/')[0] ?? '') : '');
const textOf = (group: string, resource: string, verb: string): string => `${group}/${resource} ${verb}`;

const wanted = (who: RbacRow['who'], holds: (row: RbacRow) => boolean): readonly string[] =>
  rbacRows
    .filter((row) => row.who === who && holds(row))
    .flatMap((row) => {
      const resource = row.subresource === undefined ? kinds[row.kind].plural : `${kinds[row.kind].plural}/${row.subresource}`;
      return row.verbs.map((verb) => textOf(groupOf(row), resource, verb));
    })
    .sort();

describe.skipIf(assets === '')('on a real API server the account of', () => {
  let rbac: RealRbac;
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'albeit-rights-'));
    const server = await startControlPlane({ assets, dir });
    stop = async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    };
    const kube = createKube({ kubeconfig: { path: server.kubeconfig } });
    await prepareCluster(kube);
    for (const name of ['gated', 'plain']) await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    kube.close();
    rbac = await applyRbac(dir);
    await rbac.optIn('gated');
  });
  afterAll(() => stop());

  /** What the API server says that the account may do in a namespace. */
  async function rightsOf(who: RbacRow['who'], namespace: string): Promise<readonly string[]> {
    const client = new Client(rbac[who]);
    const answer = await client.post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace },
    });
    client.close();
    expect(answer.body.status.incomplete).toBe(false);
    const rules: readonly Rule[] = answer.body.status.resourceRules;
    return rules
      .filter((rule) => !isEverybodys(rule))
      .flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => textOf(group, resource, verb)))),
      )
      .sort();
  }

  describe.each(['forwarder', 'functions'] as const)('the %s', (who) => {
    it.each<[string, string, (row: RbacRow) => boolean]>([
      ['in any namespace what the table says of the whole cluster', 'plain', (row) => row.optIn !== true && row.kind !== 'Lease'],
      ['in one that opted in Pods besides', 'gated', (row) => row.kind !== 'Lease'],
      ['in our own the records besides', ownNamespace, (row) => row.optIn !== true],
    ])('may do %s', async (_, namespace, holds) => {
      expect(await rightsOf(who, namespace)).toEqual(wanted(who, holds));
    });

    it('is refused Secrets, Pods elsewhere, and everything that changes what is not ours', async () => {
      const client = new Client(rbac[who]);
      const asked: readonly (readonly ['GET' | 'DELETE' | 'PATCH' | 'POST', string])[] = [
        ['GET', '/api/v1/secrets'],
        ['GET', `/api/v1/namespaces/${ownNamespace}/secrets`],
        ['GET', '/api/v1/pods'],
        ['GET', '/api/v1/namespaces/plain/pods/any'],
        ['PATCH', '/api/v1/namespaces/gated/pods/any'],
        ['PATCH', '/api/v1/namespaces/plain/pods/any/status'],
        ['DELETE', '/apis/networking.k8s.io/v1/namespaces/plain/ingresses/any'],
        ['DELETE', '/apis/alibabacloud.com/v1/albconfigs/any'],
        ['PATCH', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/any'],
        ['PATCH', '/api/v1/namespaces/plain'],
        ['PATCH', '/api/v1/nodes/any'],
        ['POST', `/api/v1/namespaces/${ownNamespace}/serviceaccounts/albeit-${who}/token`],
        ['POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/plain/rolebindings'],
      ];
      const answers: string[] = [];
      for (const [method, path] of asked) {
        const body = method === 'PATCH' || method === 'POST' ? { body: {}, type: 'application/merge-patch+json' } : {};
        const typed = method === 'POST' ? { body: {} } : body;
        answers.push(`${method} ${path} ${(await client.call(method, path, typed)).status}`);
      }
      client.close();
      expect(answers).toEqual(asked.map(([method, path]) => `${method} ${path} 403`));
    });
  });
});
