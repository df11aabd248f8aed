import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '#shared/kube/port.ts';
import { anEndpointSlice, aStage } from '#test/support/cafe.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

const pods = ['10.64.1.1', '10.64.1.2', '10.64.1.3'];

/** An Ingress whose health check, and so whose group, is its own, though the Service is shared. */
const withCheck = (name: string, path: string): KubeObject =>
  anIngress({
    name,
    host: `${name}.example.com`,
    paths: [aPath('/', 'coffee')],
    annotations: { 'healthcheck-enabled': 'true', 'healthcheck-path': path },
  });

describe('the group of an Ingress that is held', () => {
  let bench: Workbench;
  const annotate = (name: string, annotations: Readonly<Record<string, string>>) =>
    bench.kube.mergePatch({ kind: 'Ingress', namespace: 'shop', name }, { metadata: { annotations } });
  const endpoints = (ips: readonly string[]) =>
    bench.kube.mergePatch(
      { kind: 'EndpointSlice', namespace: 'shop', name: 'coffee-slice' },
      { endpoints: anEndpointSlice('coffee', ips).endpoints },
    );
  /** The addresses in each group that has any. */
  const members = async (): Promise<readonly string[]> => {
    const groups = (await bench.alb.state())['serverGroups'] ?? [];
    const texts = groups.map((group) => JSON.stringify(group['Servers'] ?? group['servers'] ?? []));
    return texts.map((text) => pods.filter((ip) => text.includes(`"${ip}"`)).join(' ')).filter((text) => text !== '');
  };

  beforeAll(async () => {
    bench = await createWorkbench(
      [
        ...aStage(),
        aService('coffee'),
        anEndpointSlice('coffee', pods.slice(0, 2)),
        withCheck('first', '/one'),
        withCheck('second', '/two'),
      ],
      pods,
    );
    bench.resync();
    await bench.settle();
  });
  afterAll(() => bench.stop());

  it('is one of two that the Service has', async () => {
    expect(await members()).toEqual(['10.64.1.1 10.64.1.2', '10.64.1.1 10.64.1.2']);
  });

  it('goes on following the endpoints, though the chain has made another group for the Service since', async () => {
    await annotate('first', { 'alb.ingress.kubernetes.io/healthcheck-path': 'not a path' });
    await annotate('second', { 'alb.ingress.kubernetes.io/healthcheck-path': '/three' });
    bench.changed();
    await bench.settle();
    await endpoints(pods.slice(1));
    bench.membersChanged('shop', 'coffee');
    await bench.settle();
    expect(await members()).toEqual(['10.64.1.2 10.64.1.3', '10.64.1.2 10.64.1.3']);
  });
});
