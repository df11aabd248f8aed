/** Pods that end while nobody is ready: the servers that are there stay for as long as they answer, and nobody is taken back. */
import { afterEach, describe, expect, it } from 'vitest';
import { anEndpointSlice, podIp, serviceName } from '#test/support/cafe.ts';
import { type GroupBench, settledCafe } from '#test/support/group-bench.ts';

let bench: GroupBench | undefined;
afterEach(() => bench?.stop());

const ready = { ready: true, serving: true, terminating: false };
const ending = { ready: false, serving: true, terminating: true };

async function open() {
  const on = await settledCafe(1);
  bench = on;
  const { serverGroupId } = await on.groupOf(1);
  const service = serviceName(1);
  /** What the slice says from now on of each pod that is left, and which servers there are then. */
  const say = async (states: readonly (typeof ready)[]) => {
    const { endpoints } = anEndpointSlice(
      service,
      states.map((_, pod) => podIp(1, pod)),
    );
    const now = endpoints.map((one, pod) => ({ ...one, conditions: states[pod] ?? ready }));
    await on.chain.kube.mergePatch({ kind: 'EndpointSlice', namespace: 'shop', name: `${service}-slice` }, { endpoints: now });
    on.chain.membersChanged('shop', service);
    await on.chain.settle();
    return (await on.console.listServers(serverGroupId)).map((one) => one.serverIp).sort();
  };
  return { on, say };
}

const writes = async (on: GroupBench): Promise<readonly string[]> =>
  (await on.chain.calls()).filter((call) => call.write).map((call) => call.action);

describe('a Service that is scaled to nothing', () => {
  it('loses its servers as they end, keeps the last one while it answers, and takes none back', async () => {
    const { on, say } = await open();
    await on.chain.calls();
    expect(await say([ready, ending, ending])).toEqual([podIp(1, 0)]);
    expect(await say([ending, ending, ending])).toEqual([podIp(1, 0)]);
    expect(await say([])).toEqual([]);
    expect(await writes(on)).toEqual(['RemoveServersFromServerGroup', 'RemoveServersFromServerGroup']);
  });

  it('takes one that ends where nobody else is there', async () => {
    const { on, say } = await open();
    expect(await say([])).toEqual([]);
    await on.chain.calls();
    expect(await say([ending])).toEqual([podIp(1, 0)]);
  });
});
