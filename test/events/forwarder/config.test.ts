import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readConfig } from '#events/forwarder/config.ts';

const secret = randomBytes(32).toString('base64');
const whole = {
  ALBEIT_CLUSTER: 'c-local',
  ALBEIT_SIGNING_KEYS: JSON.stringify({ sign: 'k1', keys: [{ id: 'k1', secret }] }),
  ALBEIT_MNS_ENDPOINT: 'http://127.0.0.1:9002',
  ALBEIT_ACCOUNT_ID: '1000000000000001',
  ALBEIT_ACCESS_KEY_ID: 'id',
  ALBEIT_ACCESS_KEY_SECRET: 'not-to-be-shown',
  KUBECONFIG: '/tmp/kubeconfig',
  PATH: '/bin',
};

describe('settings of the forwarder', () => {
  it('reads what is needed and takes defaults for the rest', () => {
    const config = readConfig(whole);
    expect(config).toMatchObject({
      cluster: 'c-local',
      kubeconfig: { path: '/tmp/kubeconfig' },
      health: { host: '127.0.0.1', port: 8080 },
      windowMs: 200,
      queues: { endpoint: 'http://127.0.0.1:9002', accountId: '1000000000000001' },
    });
    expect(config.ring.sign?.id).toBe('k1');
  });

  it('takes the service account of the pod when no kubeconfig is named', () => {
    const { KUBECONFIG: _, ...rest } = whole;
    expect(readConfig(rest).kubeconfig).toEqual({ inCluster: true });
    expect(readConfig({ ...rest, KUBECONFIG: '' }).kubeconfig).toEqual({ inCluster: true });
  });

  it('takes Services to be reached by their type, unless it is told otherwise', () => {
    expect(readConfig(whole).podAddresses).toBe(false);
    expect(readConfig({ ...whole, ALBEIT_POD_ADDRESSES: 'true' }).podAddresses).toBe(true);
  });

  it.each([
    ['a missing one', { ALBEIT_CLUSTER: undefined }, /ALBEIT_CLUSTER/],
    ['one that is misspelt', { ALBEIT_WINDOW: '100' }, /ALBEIT_WINDOW \(unknown\)/],
    ['an endpoint with a path', { ALBEIT_MNS_ENDPOINT: 'http://127.0.0.1:9002/' }, /ALBEIT_MNS_ENDPOINT/],
    ['neither true nor false', { ALBEIT_POD_ADDRESSES: 'yes' }, /ALBEIT_POD_ADDRESSES/],
    ['a port that is none', { ALBEIT_HEALTH_PORT: '70000' }, /ALBEIT_HEALTH_PORT/],
    ['a window that is no number', { ALBEIT_WINDOW_MS: '0.2s' }, /ALBEIT_WINDOW_MS/],
    ['keys without one to sign with', { ALBEIT_SIGNING_KEYS: JSON.stringify({ keys: [{ id: 'k1', secret }] }) }, /ALBEIT_SIGNING_KEYS/],
    ['keys that are no JSON', { ALBEIT_SIGNING_KEYS: `{"sign":"${secret}` }, /signing keys are not valid/],
  ])('refuses %s, names it, and shows no value', (_, change, words) => {
    const read = () => readConfig({ ...whole, ...change });
    expect(read).toThrow(words);
    expect(read).not.toThrow(/not-to-be-shown/);
    expect(read).not.toThrow(secret.slice(0, 20));
  });
});
