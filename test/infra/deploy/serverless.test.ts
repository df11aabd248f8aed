import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { generated, outdated } from '#infra/deploy/generate.ts';
import { serverlessYaml } from '#infra/deploy/serverless.ts';
import { callTimeoutSeconds, claimSeconds, clockSkewSeconds, deadLetterQueue, steps } from '#shared/steps.ts';

const queueTrigger = z.object({
  triggerName: z.string().regex(/^[A-Za-z_][\w-]{0,127}$/),
  triggerType: z.literal('eventbridge'),
  triggerConfig: z.strictObject({
    triggerEnable: z.literal(true),
    asyncInvocationType: z.boolean(),
    eventRuleFilterPattern: z.string(),
    eventSourceConfig: z.object({
      eventSourceType: z.literal('MNS'),
      eventSourceParameters: z.object({
        sourceMNSParameters: z.strictObject({ RegionId: z.string(), QueueName: z.string(), IsBase64Decode: z.boolean() }),
      }),
    }),
    eventSinkConfig: z.object({ deliveryOption: z.strictObject({ mode: z.string(), eventSchema: z.enum(['CloudEvents', 'RawData']) }) }),
    runOptions: z.strictObject({
      mode: z.enum(['event-streaming', 'event-driven']),
      errorsTolerance: z.enum(['NONE', 'ALL']),
      retryStrategy: z.object({ PushRetryStrategy: z.enum(['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY']) }),
      deadLetterQueue: z.object({ Arn: z.string() }),
      batchWindow: z.strictObject({ CountBasedWindow: z.int().min(1).max(10_000), TimeBasedWindow: z.int().min(0).max(15) }),
    }),
  }),
});
const timerTrigger = z.object({
  triggerName: z.string(),
  triggerType: z.literal('timer'),
  triggerConfig: z.strictObject({ cronExpression: z.string().regex(/^@every \d+m$/), enable: z.boolean(), payload: z.string() }),
});

/** The properties that the component knows; it ignores a misspelt one silently, so the test must not. */
const props = z.strictObject({
  region: z.string(),
  functionName: z.string().regex(/^[A-Za-z_][\w-]{0,63}$/),
  description: z.string(),
  runtime: z.literal('nodejs20'),
  handler: z.literal('index.handler'),
  code: z.string(),
  cpu: z.number().min(0.05).max(16).multipleOf(0.05),
  memorySize: z.int().min(128).multipleOf(64),
  diskSize: z.union([z.literal(512), z.literal(10_240)]),
  timeout: z.int().min(1).max(86_400),
  internetAccess: z.boolean(),
  environmentVariables: z.record(z.string().regex(/^(?!FC_)[A-Za-z]\w*$/), z.string()),
  role: z.string(),
  vpcConfig: z.strictObject({ vpcId: z.string(), vSwitchIds: z.array(z.string()), securityGroupId: z.string() }),
  logConfig: z.strictObject({
    project: z.string(),
    logstore: z.string(),
    enableRequestMetrics: z.boolean(),
    enableInstanceMetrics: z.boolean(),
    logBeginRule: z.enum(['None', 'DefaultRegex']),
  }),
  asyncInvokeConfig: z.strictObject({
    maxAsyncRetryAttempts: z.int().min(0).max(8),
    maxAsyncEventAgeInSeconds: z.int().min(1).max(604_800),
    destinationConfig: z.object({ onFailure: z.object({ destination: z.string() }) }),
  }),
  concurrencyConfig: z.strictObject({ reservedConcurrency: z.int().min(1) }),
  triggers: z.array(z.discriminatedUnion('triggerType', [queueTrigger, timerTrigger])),
});

const schema = z.strictObject({
  edition: z.literal('3.0.0'),
  name: z.string(),
  access: z.string(),
  vars: z.record(z.string(), z.string()),
  resources: z.record(z.string(), z.strictObject({ component: z.literal('fc3'), props })),
});

const document = schema.parse(parse(serverlessYaml()));
const functionsWith = steps.map((row) => {
  const found = document.resources[row.name];
  if (found === undefined) throw new Error(`no function for ${row.name}`);
  return { row, props: found.props };
});

describe('serverless.yml', () => {
  it('is what the tables say, like every derived file', async () => {
    expect((await outdated(generated)).map((row) => row.path)).toEqual([]);
  });

  it('is extended by s.yaml in two lines', async () => {
    const text = await readFile('s.yaml', 'utf8');
    expect(parse(text)).toEqual({ edition: '3.0.0', extend: './serverless.yml' });
    expect(text.trim().split('\n')).toHaveLength(2);
  });

  it('has one function a step and none besides', () => {
    expect(Object.keys(document.resources)).toEqual(steps.map((row) => row.name));
    expect(new Set(functionsWith.map((one) => one.props.functionName)).size).toBe(steps.length);
    expect(new Set(functionsWith.map((one) => one.props.role)).size).toBe(steps.length);
  });

  it.each(functionsWith)('ends $row.name before its claim does, and within what a trigger may wait', ({ row, props: one }) => {
    expect(one.timeout).toBe(row.timeoutSeconds);
    expect(one.timeout + callTimeoutSeconds + clockSkewSeconds).toBeLessThanOrEqual(claimSeconds(row.timeoutSeconds));
    expect(one.timeout).toBeLessThanOrEqual(300);
    expect(one.timeout).toBeGreaterThan(callTimeoutSeconds);
  });

  it.each(functionsWith)('loses no call of $row.name: what fails for good goes to the dead letters', ({ props: one }) => {
    expect(one.asyncInvokeConfig.destinationConfig.onFailure.destination).toMatch(new RegExp(`:/queues/${deadLetterQueue}/messages$`));
    expect(one.asyncInvokeConfig.maxAsyncRetryAttempts).toBeGreaterThanOrEqual(1);
  });

  it.each(functionsWith)('bounds the instances of $row.name', ({ row, props: one }) => {
    expect(one.concurrencyConfig.reservedConcurrency).toBe(row.concurrency);
    expect(one.memorySize / 1024 / one.cpu).toBeGreaterThanOrEqual(1);
    expect(one.memorySize / 1024 / one.cpu).toBeLessThanOrEqual(4);
  });

  it.each(functionsWith.filter(({ row }) => row.queue !== undefined))(
    'feeds $row.name from its queue, handed over, tolerant, in small batches at once, with dead letters',
    ({ row, props: one }) => {
      const trigger = one.triggers.at(-1);
      if (trigger?.triggerType !== 'eventbridge') throw new Error('the eventbridge trigger is not the last');
      expect(one.triggers.filter((other) => other.triggerType === 'eventbridge')).toHaveLength(1);
      const { asyncInvocationType, eventSourceConfig, runOptions } = trigger.triggerConfig;
      expect(asyncInvocationType).toBe(true);
      expect(eventSourceConfig.eventSourceParameters.sourceMNSParameters).toMatchObject({ QueueName: row.queue, IsBase64Decode: true });
      expect(runOptions.errorsTolerance).toBe('ALL');
      expect(runOptions.retryStrategy.PushRetryStrategy).toBe('EXPONENTIAL_DECAY_RETRY');
      expect(runOptions.deadLetterQueue.Arn).toMatch(new RegExp(`:/queues/${deadLetterQueue}$`));
      expect(runOptions.batchWindow).toEqual({ CountBasedWindow: row.batch, TimeBasedWindow: 0 });
      expect(row.batch).toBeLessThanOrEqual(16);
    },
  );

  it('runs sweep by a timer alone', () => {
    const sweep = functionsWith.filter(({ row }) => row.queue === undefined);
    expect(sweep.map(({ row, props: one }) => [row.name, one.triggers.map((trigger) => trigger.triggerType)])).toEqual([
      ['sweep', ['timer']],
    ]);
  });

  it('writes no secret down: keys come from the environment of whoever deploys', () => {
    for (const { props: one } of functionsWith) {
      expect(one.environmentVariables['ALBEIT_SIGNING_KEYS']).toMatch(/^\$\{env\('ALBEIT_SIGNING_KEYS'\)\}$/);
      expect(Object.keys(one.environmentVariables).filter((name) => /SECRET|PASSWORD|TOKEN/.test(name))).toEqual([]);
    }
  });
});
