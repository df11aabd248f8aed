/** Work on the servers of a group that the lane does not know of: somebody else has started it, or the answer was lost. */
import { afterEach, describe, expect, it } from 'vitest';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { aCafe, anEndpointSlice, podIp, serviceName } from '#test/support/cafe.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

describe('a server that is still being added by somebody else', () => {
  it('is waited for, and added after all when that has failed', async () => {
    const { objects, pods } = aCafe(1, 1);
    const on = await createWorkbench(objects, pods);
    bench = on;
    const console = createAlb(on.alb.options);
    on.resync();
    await on.settle();
    await on.alb.put('settings', { times: { serversMs: 30_000 } });
    const group = (await on.alb.state())['serverGroups']?.find((one) => one['ServerCount'] === 1);
    const id = String(group?.['ServerGroupId']);
    const [first] = await console.listServers(id);
    if (first === undefined) throw new Error('the cafe has a pod');
    const second = { ...first, serverId: `eni-${podIp(1, 1).replaceAll('.', '-')}`, serverIp: podIp(1, 1) };
    await on.alb.put('faults', [{ match: { action: 'AddServersToServerGroup' }, times: 1, kind: 'failed-job', code: 'InternalError' }]);
    await console.addServers(id, [second], 'console');
    await on.alb.put('settings', { times: { serversMs: 500 } });
    const ips = [podIp(1, 0), podIp(1, 1)];
    const { metadata, endpoints } = anEndpointSlice(serviceName(1), ips);
    await on.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: metadata.name }, { endpoints });
    // The service counts another server than the lane knows of, so that the servers are listed.
    await on.sweep();
    // The job fails after 30 s.
    await on.run(40_000);
    const servers = await console.listServers(id);
    console.close();
    expect(servers.map(({ serverIp, status }) => `${serverIp} ${status}`).sort()).toEqual(ips.map((ip) => `${ip} Available`));
  });
});
