/** What surrounds a function: the variables of its instance, and the context of a request (Function Compute reference, 2 and 3). */
import { dirname } from 'node:path';
import type { LocalCredentials, LocalSts } from '../service.ts';
import type { FunctionSpec } from './function-spec.ts';

/** The role's credentials. Without a pair of its own a function gets none, as a function without a role. */
const roleOf = (credentials: LocalCredentials): LocalSts | undefined => credentials.sts;

/** Of the host's own environment an instance gets only what Node needs to start. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG'];

/** The variables of an instance; fixed when it starts. */
export function environmentOf(spec: FunctionSpec, credentials: LocalCredentials, instanceId: string): Record<string, string> {
  const role = roleOf(credentials);
  const base = inherited.flatMap((name): [string, string][] => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(base),
    ...(role === undefined
      ? {}
      : {
          ALIBABA_CLOUD_ACCESS_KEY_ID: role.accessKeyId,
          ALIBABA_CLOUD_ACCESS_KEY_SECRET: role.accessKeySecret,
          ALIBABA_CLOUD_SECURITY_TOKEN: role.securityToken,
        }),
    ...spec.environment,
    FC_FUNC_CODE_PATH: dirname(spec.bundle),
    FC_ACCOUNT_ID: credentials.accountId,
    FC_FUNCTION_NAME: spec.name,
    FC_FUNCTION_HANDLER: spec.handler,
    FC_FUNCTION_MEMORY_SIZE: String(spec.memoryMiB),
    FC_REGION: credentials.region,
    FC_INSTANCE_ID: instanceId,
    FC_CUSTOM_LISTEN_PORT: '9000',
    FC_VER_ID: 'LATEST',
  };
}

/** The data of a request's context; the runner adds what are functions (`logger`, `tracing`). */
export function contextOf(spec: FunctionSpec, credentials: LocalCredentials, requestId: string): unknown {
  const role = roleOf(credentials);
  return {
    requestId,
    credentials: {
      accessKeyId: role?.accessKeyId,
      accessKeySecret: role?.accessKeySecret,
      securityToken: role?.securityToken,
    },
    function: {
      name: spec.name,
      handler: spec.handler,
      memory: spec.memoryMiB,
      timeout: spec.timeoutSeconds,
      initializer: '',
      initializationTimeout: 0,
    },
    service: { name: '', logProject: '', logStore: '', qualifier: 'LATEST', versionId: '' },
    region: credentials.region,
    accountId: credentials.accountId,
  };
}
