/** The policy that gives Pods their readiness gate: what it says, and what a real API server makes of it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startControlPlane } from '#infra/local/kubernetes/assets.ts';
import { gatesLabel, gateTypes } from '#shared/model/readiness-gates.ts';
import { Client, eventually } from '#test/contract/kubernetes/client.ts';

const path = 'infra/deploy/readiness-gates.yaml';
const manifests = async (): Promise<readonly Record<string, unknown>[]> =>
  parseAllDocuments(await readFile(path, 'utf8')).map((one) => one.toJS());

describe('the policy of readiness gates', () => {
  it('knows the gates and the label that the program knows', async () => {
    const [policy, binding] = await manifests();
    const text = JSON.stringify(policy);
    for (const type of gateTypes) expect(text).toContain(type);
    expect(binding).toMatchObject({
      spec: { matchResources: { namespaceSelector: { matchLabels: { [gatesLabel.key]: gatesLabel.value } } } },
    });
  });
});

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
const admission = '/apis/admissionregistration.k8s.io/v1beta1';
const plurals: Readonly<Record<string, string>> = {
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies',
  MutatingAdmissionPolicyBinding: 'mutatingadmissionpolicybindings',
};

interface PodDraft {
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: string;
  readonly restartPolicy?: string;
  readonly gates?: readonly string[];
}

describe.skipIf(assets === '')('the policy of readiness gates on a real API server', () => {
  let client: Client;
  let stop = async (): Promise<void> => undefined;
  let pods = 0;

  beforeAll(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'albeit-gates-'));
    const server = await startControlPlane({ assets, dir });
    client = new Client(server.kubeconfig);
    stop = async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    };
    for (const [name, labels] of [
      ['shop', { [gatesLabel.key]: gatesLabel.value }],
      ['quiet', {}],
    ] as const) {
      await client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
      for (const [service, selector] of [
        ['web', { app: 'web' }],
        ['admin', { app: 'web' }],
        ['elsewhere', undefined],
      ] as const) {
        const spec = { ports: [{ port: 80 }], ...(selector === undefined ? {} : { selector }) };
        await client.post(`/api/v1/namespaces/${name}/services`, { apiVersion: 'v1', kind: 'Service', metadata: { name: service }, spec });
      }
    }
    for (const one of await manifests()) {
      const made = await client.post(`${admission}/${plurals[String(one['kind'])]}`, one);
      expect(made.status, JSON.stringify(made.body)).toBe(201);
    }
    // The API server takes a while to notice policies, and Services.
    await eventually(
      () => gatesOf('shop', { labels: { app: 'web' } }),
      (gates) => gates.length > 0,
    );
  });
  afterAll(() => stop());

  /** The gates of a Pod as the API server stores it. */
  async function gatesOf(namespace: string, { labels, owner, restartPolicy, gates }: PodDraft): Promise<readonly string[]> {
    pods += 1;
    const made = await client.post(`/api/v1/namespaces/${namespace}/pods`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `pod-${pods}`,
        ...(labels === undefined ? {} : { labels }),
        ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'batch/v1', kind: owner, name: 'one', uid: 'one' }] }),
      },
      spec: {
        containers: [{ name: 'web', image: 'web:1' }],
        ...(restartPolicy === undefined ? {} : { restartPolicy }),
        ...(gates === undefined ? {} : { readinessGates: gates.map((conditionType) => ({ conditionType })) }),
      },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return (made.body.spec.readinessGates ?? []).map((one: { conditionType: string }) => one.conditionType);
  }

  const [gate, otherGate] = gateTypes;
  const web = { app: 'web' };

  it.each<[string, PodDraft, readonly string[]]>([
    ['adds the gate once, though two Services select the Pod', { labels: web }, [gate]],
    ['adds it to the gates of others', { labels: web, gates: ['example.com/gate'] }, ['example.com/gate', gate]],
    ['adds it to Pods of a ReplicaSet', { labels: web, owner: 'ReplicaSet' }, [gate]],
    ['adds it to Pods of a DaemonSet', { labels: web, owner: 'DaemonSet' }, [gate]],
    ['does not add it twice', { labels: web, gates: [gate] }, [gate]],
    ['does not add it beside its twin', { labels: web, gates: [otherGate] }, [otherGate]],
    ['leaves Pods alone that no Service selects', { labels: { app: 'worker' } }, []],
    ['leaves Pods without labels alone', {}, []],
    ['leaves Pods of a Job alone', { labels: web, owner: 'Job', restartPolicy: 'OnFailure' }, []],
    ['leaves Pods alone that run once', { labels: web, restartPolicy: 'Never' }, []],
    ['leaves Pods alone that say so', { labels: { ...web, 'albeit.io/readiness-gate': 'disabled' } }, []],
  ])('%s', async (_, draft, wanted) => {
    expect(await gatesOf('shop', draft)).toEqual(wanted);
  });

  it('leaves other namespaces alone', async () => {
    expect(await gatesOf('quiet', { labels: web })).toEqual([]);
  });
});
