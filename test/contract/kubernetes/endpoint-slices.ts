import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, eventually } from './client.ts';
import { pod, podStatus, service } from './examples.ts';
import type { Setting } from './setting.ts';

interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly nodeName?: string;
  readonly zone?: string;
}

const endpoints = (answer: Answer): Endpoint[] => answer.body.items.flatMap((one: { endpoints: Endpoint[] | null }) => one.endpoints ?? []);
const addresses = (answer: Answer): string[] =>
  endpoints(answer)
    .flatMap((one) => one.addresses)
    .sort();
const conditions = (answer: Answer) =>
  endpoints(answer).map(({ conditions }) => `${conditions.ready} ${conditions.serving} ${conditions.terminating}`);

/** The slices that follow from Services and Pods. */
export function endpointSliceCases({ client, namespace, inGroup }: Setting): void {
  describe('endpoint slices', () => {
    beforeAll(async () => {
      const labels = { 'topology.kubernetes.io/zone': 'zone-a' };
      await client().post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels } });
    });
    const running = async (at: string, name: string, ip: string, ready = true, spec: object = {}) => {
      await client().post(`${at}/pods`, pod(name, 'web', { nodeName: 'node-1', ...spec }));
      await client().strategic(`${at}/pods/${name}/status`, podStatus(ip, ready));
    };
    const slicesOf = (at: string) => () =>
      client().get(`${inGroup('discovery.k8s.io/v1', at)}/endpointslices?labelSelector=kubernetes.io/service-name%3Dweb`);

    it('hold the addresses of the chosen pods, with the port of each name', async () => {
      const at = await namespace();
      const made = await client().post(`${at}/services`, service('web'));
      await running(at, 'a', '10.64.0.1');
      await running(at, 'b', '10.64.0.2');
      const found = await eventually(slicesOf(at), (answer) => addresses(answer).length === 2);
      const [slice] = found.body.items;
      expect(addresses(found)).toEqual(['10.64.0.1', '10.64.0.2']);
      expect(slice).toMatchObject({ addressType: 'IPv4', ports: [{ name: '', port: 8080, protocol: 'TCP' }] });
      expect(slice.metadata.labels).toMatchObject({
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      });
      expect(slice.metadata.ownerReferences).toMatchObject([
        { kind: 'Service', name: 'web', uid: made.body.metadata.uid, controller: true, blockOwnerDeletion: true },
      ]);
      expect(slice.endpoints[0]).toMatchObject({
        nodeName: 'node-1',
        zone: 'zone-a',
        targetRef: { kind: 'Pod' },
        conditions: { ready: true, serving: true, terminating: false },
      });
    });

    it('follow readiness and the end of a pod', async () => {
      const at = await namespace();
      await client().post(`${at}/services`, service('web'));
      await running(at, 'a', '10.64.0.1', false);
      await eventually(slicesOf(at), (answer) => conditions(answer).join() === 'false false false');
      await client().strategic(`${at}/pods/a/status`, podStatus('10.64.0.1', true));
      await eventually(slicesOf(at), (answer) => conditions(answer).join() === 'true true false');
      await client().remove(`${at}/pods/a`);
      await eventually(slicesOf(at), (answer) => conditions(answer).join() === 'false true true');
      await client().remove(`${at}/pods/a`, { gracePeriodSeconds: 0 });
      const empty = await eventually(slicesOf(at), (answer) => endpoints(answer).length === 0);
      expect(empty.body.items).toHaveLength(1);
    });

    it('call every pod ready when the Service wants those that are not, too', async () => {
      const at = await namespace();
      await client().post(`${at}/services`, service('web', { publishNotReadyAddresses: true, clusterIP: 'None' }));
      await running(at, 'a', '10.64.0.1', false);
      const found = await eventually(slicesOf(at), (answer) => endpoints(answer).length === 1);
      expect(conditions(found)).toEqual(['true false false']);
      expect(found.body.items[0].metadata.labels['service.kubernetes.io/headless']).toBe('');
    });

    it('are apart where a port name means different numbers', async () => {
      const at = await namespace();
      await client().post(`${at}/services`, service('web'));
      await running(at, 'a', '10.64.0.1');
      await running(at, 'b', '10.64.0.2', true, {
        containers: [{ name: 'main', image: 'echo:1', ports: [{ name: 'http', containerPort: 9090 }] }],
      });
      const found = await eventually(slicesOf(at), (answer) => addresses(answer).length === 2);
      const ports = found.body.items.map((one: { ports: { port: number }[] }) => one.ports[0]?.port);
      expect([...ports].sort()).toEqual([8080, 9090]);
    });

    it('leave out pods without an address, pods that have ended and pods of an unknown node', async () => {
      const at = await namespace();
      await client().post(`${at}/services`, service('web'));
      await client().post(`${at}/pods`, pod('waiting', 'web', { nodeName: 'node-1' }));
      await running(at, 'lost', '10.64.0.7', true, { nodeName: 'no-such-node' });
      await running(at, 'ended', '10.64.0.8');
      await client().strategic(`${at}/pods/ended/status`, { status: { phase: 'Succeeded' } });
      await running(at, 'good', '10.64.0.9');
      const found = await eventually(slicesOf(at), (answer) => addresses(answer).join() === '10.64.0.9');
      expect(found.body.items).toHaveLength(1);
    });

    it('change with the Service, and go with it', async () => {
      const at = await namespace();
      await client().post(`${at}/services`, service('web'));
      await running(at, 'a', '10.64.0.1');
      await eventually(slicesOf(at), (answer) => addresses(answer).length === 1);
      await client().merge(`${at}/services/web`, { spec: { ports: [{ port: 80, targetPort: 9999 }] } });
      await eventually(slicesOf(at), (answer) =>
        answer.body.items.every((one: { ports: { port: number }[] | null }) => one.ports?.[0]?.port === 9999),
      );
      await client().remove(`${at}/services/web`);
      await eventually(slicesOf(at), (answer) => answer.body.items.length === 0);
    });

    it('hold a hundred endpoints at most', async () => {
      const at = await namespace();
      await client().post(`${at}/services`, service('web'));
      for (let n = 0; n < 101; n += 1) await running(at, `pod-${n}`, `10.64.1.${n + 1}`);
      const found = await eventually(slicesOf(at), (answer) => addresses(answer).length === 101);
      const sizes = found.body.items.map((one: { endpoints: unknown[] }) => one.endpoints.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
      expect(sizes).toHaveLength(2);
    });

    it('are not made for a Service without a selector', async () => {
      const at = await namespace();
      await client().post(`${at}/services`, { ...service('web'), spec: { ports: [{ port: 80 }] } });
      await client().post(`${at}/services`, service('other'));
      const all = () => client().get(`${inGroup('discovery.k8s.io/v1', at)}/endpointslices`);
      const found = await eventually(all, (answer) => answer.body.items.length > 0);
      expect(
        found.body.items.map((one: { metadata: { labels: Record<string, string> } }) => one.metadata.labels['kubernetes.io/service-name']),
      ).toEqual(['other']);
    });
  });
}
