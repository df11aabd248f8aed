/** Servers of which nobody knows any more what became of them: who finds them, and what it costs when there is nothing to find. */
import { afterEach, describe, expect, it } from 'vitest';
import { leaseName } from '#shared/step/lease.ts';
import { podIp, serviceName } from '#test/support/cafe.ts';
import { type GroupBench, settledCafe } from '#test/support/group-bench.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

const lease = leaseName({ kind: 'Service', cluster: 'c-local', namespace: 'shop', name: serviceName(1) });
const server = (ip: string) =>
  ({ serverType: 'Eni', serverId: `eni-${ip.replaceAll('.', '-')}`, serverIp: ip, port: 8080, weight: 100 }) as const;

async function open() {
  const on = await settledCafe(1);
  bench = on;
  const { serverGroupId } = await on.groupOf(1);
  const registered = async () => (await on.console.listServers(serverGroupId)).map((one) => one.serverIp).sort();
  return { on, serverGroupId, registered };
}

describe('servers that a holder wrote before it died, with all who were to come after it', () => {
  it('are found by the next comparison of the cluster', async () => {
    const { on, serverGroupId, registered } = await open();
    const wanted = await registered();
    expect(wanted).toContain(podIp(1, 0));
    const [there] = (await on.console.listServers(serverGroupId)).filter((one) => one.serverIp === podIp(1, 0));
    if (there === undefined) throw new Error('the server is not there');
    await on.console.replaceServers(serverGroupId, [server(podIp(1, 5))], [there], 'dead');
    on.chain.alb.clock.advance(5000);
    const spec = { holderIdentity: 'dead', leaseDurationSeconds: 75, renewTime: new Date(on.chain.kube.now()).toISOString() };
    await on.chain.kube.mergePatch(lease, { spec });
    await on.chain.run(200_000);
    await on.chain.calls();
    on.chain.resync();
    await on.chain.settle();
    expect(await registered()).toEqual(wanted);
  });

  it('are not asked for where everybody has ended well', async () => {
    const { on } = await open();
    await on.chain.calls();
    on.chain.resync();
    await on.chain.settle();
    expect(await on.chain.calls()).toEqual([]);
  });
});

describe('a group so large that its servers are not remembered', () => {
  it('is looked at when the service counts others than were registered', async () => {
    const { on, serverGroupId, registered } = await open();
    const wanted = await registered();
    const { annotations = {} } = (await on.chain.kube.get(lease))?.metadata ?? {};
    const ledger: { readonly members: Record<string, object> } = JSON.parse(annotations['albeit.io/ledger'] ?? '');
    const members = Object.entries(ledger.members).map(([group, facts]) => [group, { ...facts, servers: undefined }]);
    const forgotten = JSON.stringify({ ...ledger, members: Object.fromEntries(members) });
    await on.chain.kube.mergePatch(lease, { metadata: { annotations: { 'albeit.io/ledger': forgotten } } });
    const [first] = await on.console.listServers(serverGroupId);
    if (first === undefined) throw new Error('no server is there');
    await on.console.removeServers(serverGroupId, [first], 'by hand');
    on.chain.alb.clock.advance(5000);
    expect(await registered()).not.toEqual(wanted);
    await on.sweep();
    expect(await registered()).toEqual(wanted);
  });
});
