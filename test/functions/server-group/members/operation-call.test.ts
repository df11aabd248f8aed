import { afterEach, describe, expect, it } from 'vitest';
import { after } from '#functions/server-group/members/operation-call.ts';
import type { Server } from '#shared/cloud/alb/port.ts';
import { anEndpointSlice, aStage, podIp } from '#test/support/cafe.ts';
import { anIngress, aPath, aService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

const server = (pod: number, weight = 100): Server => ({
  serverType: 'Eni',
  serverId: `eni-${pod}`,
  serverIp: podIp(1, pod),
  port: 8080,
  weight,
});

describe('what there is after a call', () => {
  const there = [
    { ...server(1), status: 'Available' },
    { ...server(2), status: 'Available' },
    { ...server(9), status: 'Removing' },
  ];

  it.each<[string, Parameters<typeof after>[1], readonly Server[]]>([
    ['an addition', { kind: 'add', servers: [server(3)] }, [server(1), server(2), server(3)]],
    ['a removal', { kind: 'remove', servers: [server(1)] }, [server(2)]],
    ['an exchange', { kind: 'replace', added: [server(3)], removed: [server(1)] }, [server(2), server(3)]],
    ['another weight', { kind: 'update', servers: [server(1, 50)] }, [server(2), server(1, 50)]],
  ])('follows from %s; who drains is there no more', (_, operation, wanted) => {
    const servers = after(there, operation);
    expect(servers).toMatchObject(wanted);
    expect(servers).toHaveLength(wanted.length);
  });
});

describe('a pod that comes and goes again and again', () => {
  it('is asked for anew each time: a token of a former call would only bring the former answer', async () => {
    const pods = [podIp(1, 0), podIp(1, 1)];
    const ingress = anIngress({ host: 'coffee.example.com', paths: [aPath('/', 'coffee')] });
    const on = await createWorkbench([...aStage(), aService('coffee'), anEndpointSlice('coffee', pods), ingress], pods);
    bench = on;
    on.resync();
    await on.settle();
    for (const wanted of [[pods[0]], pods, [pods[0]], pods, [pods[0]], pods].map((ips) => ips.filter((ip) => ip !== undefined))) {
      const { metadata, endpoints } = anEndpointSlice('coffee', wanted);
      await on.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: metadata.name }, { endpoints });
      on.membersChanged('shop', 'coffee');
      await on.settle();
      const group = on.alb.service.view.listeners().flatMap(({ ListenerId }) => on.alb.service.view.rules(ListenerId))[0];
      const id = group?.RuleActions[0]?.ForwardGroupConfig?.ServerGroupTuples[0]?.ServerGroupId ?? '';
      expect(
        on.alb.service.view
          .group(id)
          ?.Servers.map(({ ServerIp }) => ServerIp)
          .sort(),
      ).toEqual(wanted);
    }
  });
});
