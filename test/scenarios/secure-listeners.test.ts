/** HTTPS listeners through the whole chain: their certificate is kept with as few calls as the service allows. */
import { afterEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '#infra/local/service.ts';
import { createAlb } from '#shared/cloud/alb/adapter.ts';
import { nameOf } from '#shared/kube/paths.ts';
import type { RawAlbConfig } from '#shared/model/wish.ts';
import { zones } from '#test/support/cafe.ts';
import { aClass, anAlbConfig, anIngress, aService } from '#test/support/objects.ts';
import { createWorkbench, type Workbench } from '#test/support/workbench.ts';

let bench: Workbench | undefined;
afterEach(() => bench?.stop());

const certified = (...ids: readonly string[]) => ids.map((CertificateId) => ({ CertificateId }));
const https = (certificate: string, more: object = {}): object => ({
  port: 443,
  protocol: 'HTTPS',
  certificates: certified(certificate),
  ...more,
});
const quic = { port: 443, protocol: 'QUIC', certificates: certified('3-cn-local') };

const cafe = (...listeners: readonly object[]): RawAlbConfig => anAlbConfig({ spec: { config: zones, listeners } });

const withTls = anIngress({
  spec: {
    ingressClassName: 'alb',
    tls: [{ hosts: ['cafe.example.com'], secretName: 'unread' }],
    rules: anIngress().spec?.rules ?? [],
  },
});

async function settled(...listeners: readonly object[]): Promise<Workbench> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  bench = await createWorkbench([namespace, cafe(...listeners), aClass(), withTls, aService('coffee')]);
  bench.resync();
  await bench.settle();
  return bench;
}

/** Writes the listeners of the AlbConfig; nobody has heard of it yet. */
async function write(chain: Workbench, ...listeners: readonly object[]): Promise<void> {
  const wanted = cafe(...listeners);
  const known = await chain.kube.get(nameOf(wanted));
  const written = await chain.kube.replace({ ...wanted, metadata: { ...wanted.metadata, ...known?.metadata } });
  if (written.kind !== 'written') throw new Error(`the AlbConfig was not written: ${written.kind}`);
  chain.changed();
}

async function change(chain: Workbench, ...listeners: readonly object[]): Promise<readonly JournalEntry[]> {
  await chain.calls();
  await write(chain, ...listeners);
  await chain.settle();
  return chain.calls();
}

const count = (calls: readonly JournalEntry[], action: string): number => calls.filter((one) => one.action === action).length;
const writes = (calls: readonly JournalEntry[]): readonly string[] => calls.filter((one) => one.write).map((one) => one.action);

const listenersOf = async (chain: Workbench) => (await chain.alb.state())['listeners'] ?? [];
const idOf = async (chain: Workbench, protocol: string): Promise<string> =>
  String((await listenersOf(chain)).find((one) => one['ListenerProtocol'] === protocol)?.['ListenerId']);

/** What the service itself says. */
async function certificateOf(chain: Workbench, protocol = 'HTTPS'): Promise<string> {
  const alb = createAlb(chain.alb.options);
  const id = await alb.defaultCertificate(await idOf(chain, protocol));
  alb.close();
  return id;
}

describe('an HTTPS listener', () => {
  it('is made with its certificate, gets the rules of Ingresses with TLS, and a resync reads nothing', async () => {
    const chain = await settled({ port: 80 }, https('1-cn-local'), quic);
    const calls = await chain.calls();
    expect(calls.filter((one) => one.code !== '')).toEqual([]);
    expect(count(calls, 'CreateListener')).toBe(3);
    expect(count(calls, 'GetListenerAttribute')).toBe(0);
    expect([await certificateOf(chain), await certificateOf(chain, 'QUIC')]).toEqual(['1-cn-local', '3-cn-local']);
    const rules = (await chain.alb.state())['rules'] ?? [];
    expect(rules.map((one) => one['ListenerId'])).toEqual([await idOf(chain, 'HTTPS')]);
    await chain.calls();
    chain.resync();
    await chain.settle();
    expect(await chain.calls()).toEqual([]);
  });

  it('appears in the status of the AlbConfig', async () => {
    const chain = await settled({ port: 80 }, https('1-cn-local'));
    const status = (await chain.kube.get<RawAlbConfig>(nameOf(cafe())))?.status;
    expect(status).toMatchObject({
      loadBalancer: { phase: 'Active', listeners: [{ portAndProtocol: '80/HTTP' }, { portAndProtocol: '443/HTTPS' }] },
    });
  });

  it('gets another certificate, policy and version of HTTP with one write', async () => {
    const chain = await settled({ port: 80 }, https('1-cn-local'));
    const calls = await change(
      chain,
      { port: 80 },
      https('2-cn-local', { securityPolicyId: 'tls_cipher_policy_1_2', http2Enabled: false }),
    );
    expect(writes(calls)).toEqual(['UpdateListenerAttribute']);
    expect(await certificateOf(chain)).toBe('2-cn-local');
    expect((await listenersOf(chain)).find((one) => one['ListenerPort'] === 443)).toMatchObject({
      SecurityPolicyId: 'tls_cipher_policy_1_2',
      Http2Enabled: false,
    });
    expect(writes(await change(chain, { port: 80 }, https('2-cn-local')))).toEqual(['UpdateListenerAttribute']);
    expect(await change(chain, { port: 80 }, https('2-cn-local', { securityPolicyId: 'tls_cipher_policy_1_0' }))).toEqual([]);
  });

  it('is read for its certificate once, and not again for changes of others', async () => {
    const chain = await settled({ port: 80 }, https('1-cn-local'), quic);
    const first = await change(chain, { port: 80, idleTimeout: 20 }, https('1-cn-local'), quic);
    expect([writes(first), count(first, 'GetListenerAttribute')]).toEqual([['UpdateListenerAttribute'], 2]);
    const second = await change(chain, { port: 80, idleTimeout: 30 }, https('1-cn-local'), quic);
    expect([writes(second), count(second, 'GetListenerAttribute')]).toEqual([['UpdateListenerAttribute'], 0]);
  });

  it('gets its certificate back within one sweep, when somebody else exchanged it', async () => {
    const chain = await settled(https('1-cn-local'));
    const alb = createAlb(chain.alb.options);
    const [found] = await alb.listListeners(String((await listenersOf(chain))[0]?.['LoadBalancerId']));
    if (found === undefined) throw new Error('no listener');
    const { settings, defaultServerGroupId } = found;
    await alb.updateListener(
      found.listenerId,
      { settings: { ...settings, certificateId: '9-cn-local' }, defaultServerGroupId },
      'somebody',
    );
    alb.close();
    chain.alb.clock.advance(10_000);
    expect(await certificateOf(chain)).toBe('9-cn-local');
    await chain.calls();
    await chain.sweep();
    await chain.settle();
    expect(writes(await chain.calls())).toEqual(['UpdateListenerAttribute']);
    expect(await certificateOf(chain)).toBe('1-cn-local');
  });

  it('stays as it is when the AlbConfig no longer names a certificate, or it at all, and goes when no Ingress wants it either', async () => {
    const chain = await settled({ port: 80 }, https('1-cn-local'));
    expect(writes(await change(chain, { port: 80 }, https('', { certificates: [] })))).toEqual([]);
    expect(await certificateOf(chain)).toBe('1-cn-local');
    expect(writes(await change(chain, { port: 80 }))).toEqual([]);
    expect(await certificateOf(chain)).toBe('1-cn-local');
    await chain.kube.remove(nameOf(withTls));
    chain.changed();
    await chain.settle();
    expect(writes(await chain.calls())).toContain('DeleteListener');
    expect((await listenersOf(chain)).map((one) => one['ListenerProtocol'])).toEqual(['HTTP']);
  });

  it.each([false, true])(
    'ends with the certificate of the last wish, wherever a run dies that was to exchange it and the wish turns back (last answer lost: %s)',
    async (lost) => {
      const chain = await settled(https('1-cn-local'));
      // So that the certificate is remembered from a read.
      await change(chain, https('1-cn-local', { idleTimeout: 20 }));
      await change(chain, https('1-cn-local', { idleTimeout: 30 }));
      let deaths = 0;
      for (let calls = 0; ; calls++) {
        await write(chain, https('2-cn-local', { idleTimeout: 30 }));
        chain.dieAfter(calls, lost);
        let turned = false;
        await chain.settle(async () => {
          if (turned || !chain.died()) return;
          turned = true;
          await write(chain, https('1-cn-local', { idleTimeout: 30 }));
        });
        if (!chain.died()) break;
        deaths += 1;
        expect(await certificateOf(chain), `died after ${calls} calls`).toBe('1-cn-local');
      }
      expect(deaths).toBeGreaterThan(8);
      expect(await certificateOf(chain)).toBe('2-cn-local');
    },
  );
});
