/** Workloads with readiness gates for scenarios over real processes, and how their Pods stand. */
import { optInBindings } from '#infra/deploy/rbac.ts';
import type { Kube, KubeObject } from '#shared/kube/port.ts';
import { gateTypes } from '#shared/model/readiness-gates.ts';

const [gate] = gateTypes;

const workload = (name: string, replicas: number, readinessGates: readonly object[] = [{ conditionType: gate }]): readonly object[] => [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'gated' },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'gated' },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          readinessGates,
          containers: [
            {
              name: 'web',
              image: 'web:1',
              ports: [{ containerPort: 8080 }],
              // Without it a Pod stops answering before anybody can have taken it out of its group.
              lifecycle: { preStop: { exec: { command: ['sleep', '10'] } } },
              env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
            },
          ],
        },
      },
    },
  },
];

const checked = {
  'alb.ingress.kubernetes.io/healthcheck-enabled': 'true',
  'alb.ingress.kubernetes.io/healthcheck-interval-seconds': '1',
};

const ingress = (name: string): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'gated', annotations: checked },
  spec: {
    ingressClassName: 'alb',
    rules: [
      {
        host: `${name}.example.com`,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } }] },
      },
    ],
  },
});

const textOf = (objects: readonly object[]): string => objects.map((one) => JSON.stringify(one)).join('\n---\n');

/** A namespace that opted in, with `milk` behind the ALB at milk.example.com, checked, and `inside` behind none. */
export const gatedManifests: string = textOf([
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gated', labels: { 'albeit.io/readiness-gates': 'enabled' } } },
  ...optInBindings('gated'),
  ...workload('milk', 2),
  ...workload('inside', 1),
  ingress('milk'),
]);

/** Beside them `foam`, as `milk`, but with no gate in its template, and no Pod yet: the policy is to know its Service first. */
export const ungatedManifests: string = textOf([...workload('foam', 0, []), ingress('foam')]);

interface GatedPod extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[] };
}

/** `True InService`: of each Pod whether it is ready, and the reason of its gate. */
export async function gatedPodsOf(kube: Kube, app: string): Promise<readonly { readonly name: string; readonly says: string }[]> {
  const { items } = await kube.list<GatedPod>('Pod', { namespace: 'gated', labelSelector: `app=${app}` });
  const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const condition = (one: GatedPod, type: string) => one.status?.conditions?.find((found) => found.type === type);
  return staying.map((one) => ({
    name: one.metadata.name,
    says: `${condition(one, 'Ready')?.status ?? 'absent'} ${condition(one, gate)?.reason ?? 'absent'}`,
  }));
}
