import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Addresses } from '#infra/local/node/addresses.ts';
import { environmentOf } from '#infra/local/node/environment.ts';
import { createNetwork, interfaceOf, interfaceOfNode } from '#infra/local/node/network.ts';
import { localNodes } from '#infra/local/node/nodes.ts';
import type { Pod } from '#infra/local/node/objects.ts';
import { templateHash } from '#infra/local/node/template-hash.ts';
import { createWorkQueue } from '#infra/local/node/work-queue.ts';
import { eventually, noteNetwork } from './cluster.ts';

const fail = (): never => {
  throw new Error('there is no node');
};

describe('addresses of pods', () => {
  it('are never shared, stay with their pod, and come back only after all others', () => {
    const operations = fc.array(fc.tuple(fc.constantFrom('of', 'release'), fc.nat(12)), { maxLength: 60 });
    fc.assert(
      fc.property(operations, (list) => {
        const addresses = new Addresses();
        const held = new Map<string, string>();
        for (const [what, number] of list) {
          const owner = `pod-${number}`;
          if (what === 'release') {
            addresses.release(owner);
            held.delete(owner);
            continue;
          }
          const address = addresses.of(owner);
          expect(address).toMatch(/^10\.64\.\d+\.\d+$/);
          expect(held.get(owner) ?? address).toBe(address);
          expect([...held].filter(([other, taken]) => other !== owner && taken === address)).toEqual([]);
          held.set(owner, address);
        }
      }),
    );
  });

  it('are taken over from before a restart, unless they are not ours', () => {
    const addresses = new Addresses();
    addresses.adopt('a', '10.64.3.7');
    addresses.adopt('b', '10.64.3.7');
    addresses.adopt('c', '192.168.1.1');
    expect(addresses.of('a')).toBe('10.64.3.7');
    expect(new Set([addresses.of('a'), addresses.of('b'), addresses.of('c')]).size).toBe(3);
    expect(addresses.of('c')).toMatch(/^10\.64\./);
  });

  it('run out with a sentence, and go round before that', () => {
    const addresses = new Addresses();
    addresses.adopt('last', '10.64.255.253');
    expect(addresses.of('next')).toBe('10.64.0.10');
    for (let at = 0; at < 65_522; at++) addresses.of(`pod-${at}`);
    expect(() => addresses.of('one too many')).toThrow('no address is left');
    addresses.release('last');
    expect(addresses.of('one too many')).toBe('10.64.255.253');
  });
});

describe('network interfaces', () => {
  const [node = fail()] = localNodes(1, false);

  it('differ by pod, lie in the local VPC and in both zones', () => {
    const made = [10, 11].map((last) =>
      interfaceOf({ uid: `uid-${last}`, address: `10.64.0.${last}`, socket: '127.0.0.1:1', node }, 'cn-local'),
    );
    expect(made.map(({ vSwitchId, zoneId, vpcId }) => `${vpcId} ${vSwitchId} ${zoneId}`)).toEqual([
      'vpc-local vsw-local-a cn-local-a',
      'vpc-local vsw-local-b cn-local-b',
    ]);
    expect(new Set(made.map((one) => one.networkInterfaceId)).size).toBe(2);
  });

  it('of pods lie in the zone of their node where there are several', () => {
    const zones = localNodes(3, true).map(
      (one) => interfaceOf({ uid: 'a', address: '10.64.0.10', socket: '', node: one }, 'cn-local').zoneId,
    );
    expect(zones).toEqual(['cn-local-a', 'cn-local-b', 'cn-local-a', 'cn-local-a']);
  });

  it('of a machine are its own, and answer at node ports alone', () => {
    expect(interfaceOfNode(node, { 30080: '127.0.0.1:1' }, 'cn-local')).toMatchObject({
      ...{ privateIp: '192.168.64.1', instanceId: 'i-local00000000000001', primary: true },
      ...{ socket: '', sockets: { 30080: '127.0.0.1:1' } },
    });
  });

  it('are announced whole, in few calls, and what is announced last is in force', async () => {
    const noted = await noteNetwork();
    let calls = 0;
    noted.onList(() => {
      calls += 1;
    });
    const list = [interfaceOf({ uid: 'a', address: '10.64.0.10', socket: '', node }, 'cn-local')];
    const network = createNetwork(noted.url, () => list);
    const first = network.announce();
    const others = Array.from({ length: 20 }, (_, at) => {
      list.push(interfaceOf({ uid: `b${at}`, address: `10.64.1.${at}`, socket: '', node }, 'cn-local'));
      return network.announce();
    });
    await Promise.all([first, ...others]);
    expect(noted.list()).toHaveLength(21);
    expect(calls).toBeLessThanOrEqual(2);
    await noted.stop();
    await expect(network.announce()).rejects.toThrow();
  });
});

describe('the environment of a pod', () => {
  const pod = (env: readonly object[]): Pod =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'cafe', uid: 'u', labels: { app: 'tea' }, annotations: { 'x/y': 'z' } },
      spec: { nodeName: 'local-node', serviceAccountName: 'default', containers: [{ name: 'one', env }] },
    }) as Pod;
  const reference = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const read = (env: readonly object[]) => Object.fromEntries(environmentOf(pod(env), '10.64.0.10', '192.168.64.1'));

  it('has field references resolved', () => {
    const paths = {
      N: 'metadata.name',
      S: 'metadata.namespace',
      L: "metadata.labels['app']",
      A: "metadata.annotations['x/y']",
      I: 'status.podIP',
      H: 'status.hostIP',
      W: 'spec.nodeName',
    };
    expect(read(Object.entries(paths).map(([name, path]) => reference(name, path)))).toEqual({
      ...{ N: 'a', S: 'cafe', L: 'tea', A: 'z', I: '10.64.0.10', H: '192.168.64.1', W: 'local-node' },
    });
  });

  it('has earlier variables put in, escapes kept, and secrets left out', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)2 $$(A) $(C)' },
      { name: 'P', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ];
    expect(read(env)).toEqual({ A: '1', B: '12 $(A) $(C)' });
  });
});

describe('the hash of a template', () => {
  it('depends on its content alone', () => {
    const one = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'x', image: 'y' }] } };
    const same = { spec: { containers: [{ image: 'y', name: 'x' }] }, metadata: { labels: { b: '2', a: '1', 'pod-template-hash': 'zz' } } };
    expect(templateHash(one)).toBe(templateHash(same));
    expect(templateHash({ ...one, spec: { containers: [{ name: 'x', image: 'z' }] } })).not.toBe(templateHash(one));
    expect(templateHash(one)).toMatch(/^[a-z0-9]{10}$/);
  });
});

describe('the work queue', () => {
  it('runs a key once at a time, again when asked meanwhile, and different keys side by side', async () => {
    const log: string[] = [];
    const gates: (() => void)[] = [];
    const run = async (key: string) => {
      log.push(`+${key}`);
      await new Promise<void>((resolve) => gates.push(resolve));
      log.push(`-${key}`);
    };
    const queue = createWorkQueue({ run, parallel: 2 });
    for (const key of ['a', 'a', 'b', 'a']) queue.add(key);
    expect(log).toEqual(['+a', '+b']);
    while (gates.length > 0) {
      gates.shift()?.();
      await new Promise(setImmediate);
    }
    expect(log).toEqual(['+a', '+b', '-a', '+a', '-b', '-a']);
    queue.stop();
  });

  it('comes back to a key that failed, and tells about it until it succeeds', async () => {
    let failing = true;
    let runs = 0;
    const queue = createWorkQueue({
      run: async () => {
        runs += 1;
        if (failing) throw new Error('not yet');
      },
      parallel: 1,
    });
    queue.add('a');
    await eventually(
      () => runs,
      (found) => found >= 2,
    );
    expect(queue.failures()).toEqual({ a: 'not yet' });
    failing = false;
    await eventually(
      () => queue.failures(),
      (found) => Object.keys(found).length === 0,
    );
    queue.stop();
  });
});
