import { describe, expect, it } from 'vitest';
import { readSettings } from '#shared/step/environment.ts';

const secret = Buffer.from('a secret of thirty-two bytes or more').toString('base64');
const ring = JSON.stringify({ sign: 'k1', keys: [{ id: 'k1', secret }] });
const environment = {
  ALBEIT_CLUSTER: 'c-test',
  ALBEIT_REGION: 'cn-hangzhou',
  ALBEIT_VPC_ID: 'vpc-1',
  ALBEIT_ACCOUNT_ID: '1234',
  ALBEIT_MNS_ENDPOINT: 'http://1234.mns.cn-hangzhou.aliyuncs.com',
  ALBEIT_SIGNING_KEYS: ring,
  PATH: '/bin',
};

const messageOf = (more: Readonly<Record<string, string | undefined>>): string => {
  try {
    readSettings({ ...environment, ...more });
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : 'not an error';
  }
};

describe('settings of a function', () => {
  it('are read, with the hosts of the region for what is not said', () => {
    expect(readSettings(environment)).toMatchObject({
      site: { cluster: 'c-test', region: 'cn-hangzhou', vpcId: 'vpc-1' },
      endpoints: { alb: 'alb.cn-hangzhou.aliyuncs.com', vpc: 'vpc.cn-hangzhou.aliyuncs.com' },
      timeoutSeconds: undefined,
      kubeconfig: undefined,
    });
  });

  it('take what is said', () => {
    const more = {
      ALBEIT_ALB_ENDPOINT: 'http://127.0.0.1:1',
      ALBEIT_FUNCTION_TIMEOUT: '7',
      ALBEIT_POD_ADDRESSES: 'true',
      KUBECONFIG: '/kube/config',
    };
    expect(readSettings({ ...environment, ...more })).toMatchObject({
      site: { podAddresses: true },
      endpoints: { alb: 'http://127.0.0.1:1' },
      timeoutSeconds: 7,
      kubeconfig: '/kube/config',
    });
  });

  it.each(Object.keys(environment).filter((name) => name !== 'PATH'))('name %s when it is missing or empty', (name) => {
    expect(messageOf({ [name]: undefined })).toContain(name);
    expect(messageOf({ [name]: '' })).toContain(name);
  });

  it('refuse a name that is most likely a known one misspelt', () => {
    expect(messageOf({ ALBEIT_CLUSTR: 'c-other' })).toMatch(/ALBEIT_CLUSTR \(unknown\)/);
  });

  it.each(['0', '-1', '1.5', 'soon', '100000'])('refuse %s as a timeout', (timeout) => {
    expect(messageOf({ ALBEIT_FUNCTION_TIMEOUT: timeout })).toContain('ALBEIT_FUNCTION_TIMEOUT');
  });

  it('show no value, whatever is wrong', () => {
    const values = ['c-other', 'notanumber', 'too-short'];
    const shown = [
      messageOf({ ALBEIT_CLUSTR: 'c-other' }),
      messageOf({ ALBEIT_FUNCTION_TIMEOUT: 'notanumber' }),
      messageOf({ ALBEIT_SIGNING_KEYS: JSON.stringify({ sign: 'k1', keys: [{ id: 'k1', secret: 'too-short' }] }) }),
      messageOf({ ALBEIT_SIGNING_KEYS: `${ring}x` }),
      messageOf({ ALBEIT_CLUSTER: undefined }),
    ];
    expect(shown).not.toContain('accepted');
    for (const value of [...values, secret, ring]) expect(shown.join('\n')).not.toContain(value);
  });
});
