/** `serverless.yml` for Serverless Devs 3 (component fc3), drawn from the step table. */
import { stringify } from 'yaml';
import { claimSeconds, deadLetterQueue, type StepRow, steps, sweepPeriodMinutes } from '#shared/steps.ts';

/** Function errors are the case "could not settle": a few quick tries, then the failure destination keeps the message. */
const asyncRetries = 3;
/** Seconds that a call may wait for a free instance (429) before it goes to the failure destination. */
const asyncAgeSeconds = 6 * 3600;

/** A variable of the file. */
const variable = (name: keyof typeof site): string => `\${vars.${name}}`;
/** A variable of the environment of whoever deploys. `s` refuses to run without one that has no default. */
const fromEnv = (name: string, byDefault?: string): string =>
  byDefault === undefined ? `\${env('${name}')}` : `\${env('${name}', '${byDefault}')}`;

/** What is not ours to choose. */
const site = {
  region: fromEnv('ALBEIT_REGION'),
  account: fromEnv('ALBEIT_ACCOUNT_ID'),
  cluster: fromEnv('ALBEIT_CLUSTER'),
  vpc: fromEnv('ALBEIT_VPC_ID'),
  vSwitch: fromEnv('ALBEIT_VSWITCH_ID'),
  securityGroup: fromEnv('ALBEIT_SECURITY_GROUP_ID'),
  logProject: fromEnv('ALBEIT_LOG_PROJECT', 'albeit'),
} as const;

const queueArn = (queue: string): string => `acs:mns:${variable('region')}:${variable('account')}:/queues/${queue}`;

const environment = (row: StepRow): Readonly<Record<string, string>> => ({
  ALBEIT_CLUSTER: variable('cluster'),
  ALBEIT_REGION: variable('region'),
  ALBEIT_VPC_ID: variable('vpc'),
  ALBEIT_ACCOUNT_ID: variable('account'),
  ALBEIT_ALB_ENDPOINT: `alb.${variable('region')}.aliyuncs.com`,
  ALBEIT_ECS_ENDPOINT: `ecs.${variable('region')}.aliyuncs.com`,
  ALBEIT_VPC_ENDPOINT: `vpc.${variable('region')}.aliyuncs.com`,
  ALBEIT_MNS_ENDPOINT: `https://${variable('account')}.mns.${variable('region')}.aliyuncs.com`,
  ALBEIT_SIGNING_KEYS: fromEnv('ALBEIT_SIGNING_KEYS'),
  ALBEIT_FUNCTION_TIMEOUT: String(row.timeoutSeconds),
  ALBEIT_POD_ADDRESSES: fromEnv('ALBEIT_POD_ADDRESSES', 'false'),
  KUBECONFIG: fromEnv('ALBEIT_KUBECONFIG', '/mnt/albeit/kubeconfig'),
});

/** Hands messages over and goes on: a batch that waits or fails never blocks the queue behind it. */
const queueTrigger = (row: StepRow, queue: string) => ({
  triggerName: 'queue',
  triggerType: 'eventbridge',
  triggerConfig: {
    triggerEnable: true,
    asyncInvocationType: true,
    eventRuleFilterPattern: '{}',
    eventSourceConfig: {
      eventSourceType: 'MNS',
      eventSourceParameters: { sourceMNSParameters: { RegionId: variable('region'), QueueName: queue, IsBase64Decode: true } },
    },
    eventSinkConfig: { deliveryOption: { mode: 'event-streaming', eventSchema: 'CloudEvents' } },
    runOptions: {
      mode: 'event-streaming',
      errorsTolerance: 'ALL',
      retryStrategy: { PushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY' },
      deadLetterQueue: { Arn: queueArn(deadLetterQueue) },
      batchWindow: { CountBasedWindow: row.batch, TimeBasedWindow: 0 },
    },
  },
});

const timerTrigger = () => ({
  triggerName: 'timer',
  triggerType: 'timer',
  triggerConfig: { cronExpression: `@every ${sweepPeriodMinutes}m`, enable: true, payload: '' },
});

const resource = (row: StepRow) => ({
  component: 'fc3',
  props: {
    region: variable('region'),
    functionName: `albeit-${row.name}`,
    description: `Albeit, step ${row.name}; a claim of it ends ${claimSeconds(row.timeoutSeconds)} s after it was taken`,
    runtime: 'nodejs20',
    handler: 'index.handler',
    code: `./dist/functions/${row.name}`,
    cpu: row.memoryMiB / 1024,
    memorySize: row.memoryMiB,
    diskSize: 512,
    timeout: row.timeoutSeconds,
    internetAccess: true,
    environmentVariables: environment(row),
    role: `acs:ram::${variable('account')}:role/albeit-${row.name}`,
    vpcConfig: { vpcId: variable('vpc'), vSwitchIds: [variable('vSwitch')], securityGroupId: variable('securityGroup') },
    logConfig: {
      project: variable('logProject'),
      logstore: 'functions',
      enableRequestMetrics: true,
      enableInstanceMetrics: true,
      logBeginRule: 'None',
    },
    asyncInvokeConfig: {
      maxAsyncRetryAttempts: asyncRetries,
      maxAsyncEventAgeInSeconds: asyncAgeSeconds,
      destinationConfig: { onFailure: { destination: `${queueArn(deadLetterQueue)}/messages` } },
    },
    concurrencyConfig: { reservedConcurrency: row.concurrency },
    // An unchanged eventbridge trigger ends the component's loop over triggers: it has to be the last of the list.
    triggers: [row.queue === undefined ? timerTrigger() : queueTrigger(row, row.queue)],
  },
});

/** The whole file. */
export function serverlessYaml(): string {
  const document = {
    edition: '3.0.0',
    name: 'albeit',
    access: fromEnv('ALBEIT_ACCESS', 'default'),
    vars: site,
    resources: Object.fromEntries(steps.map((row) => [row.name, resource(row)])),
  };
  return `# Written by \`npm run generate\` from shared/steps.ts; change it there.\n${stringify(document, { lineWidth: 0 })}`;
}
