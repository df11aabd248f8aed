import { describe, expect, it } from 'vitest';
import { classify } from '#shared/cloud/classify.ts';
import { type FailureClass, failureClasses } from '#shared/cloud/failure.ts';

/** Codes of the reference with the class that the runtime needs; the statuses are those that the service sends. */
const cases: readonly (readonly [code: string, status: number, failure: FailureClass])[] = [
  ['Throttling', 400, 'throttled'],
  ['Throttling.User', 429, 'throttled'],
  ['Rejected.Throttling', 503, 'throttled'],
  ['', 429, 'throttled'],
  ['SystemBusy', 400, 'busy'],
  ['IdempotenceProcessing', 400, 'busy'],
  ['IncorrectStatus.Listener', 400, 'busy'],
  ['IncorrectBusinessStatus.LoadBalancer', 400, 'busy'],
  ['ResourceInConfiguring', 400, 'busy'],
  ['ResourceInConfiguring.BackendServer', 400, 'busy'],
  ['VipStatusNotSupport', 400, 'busy'],
  ['Conflict.Acl', 400, 'busy'],
  ['-21013', 500, 'busy'],
  ['ResourceInUse.ServerGroup', 400, 'busy'],
  ['OperationFailed.ResourceGroupStatusCheckFail', 400, 'busy'],
  ['ResourceInUse.Listener', 400, 'conflict'],
  ['Conflict.Priority', 400, 'conflict'],
  ['Conflict.BackendServer', 400, 'conflict'],
  ['ResourceAlreadyExist.Listener', 400, 'conflict'],
  ['ResourceNotAssociated.Acl', 404, 'conflict'],
  ['OperationDenied.ZoneMappingsNotChanged', 400, 'conflict'],
  ['OperationDenied.AccessLogEnabled', 400, 'conflict'],
  ['OperationDenied.DeletionProtectionEnabled', 400, 'conflict'],
  ['IdempotentParameterMismatch', 400, 'conflict'],
  ['QuotaExceeded.RuleWildcardsNum', 400, 'quota'],
  ['ResourceQuotaExceeded.LoadBalancerRulesNum', 400, 'quota'],
  ['ResourceNotEnough.VSwitchIp', 400, 'quota'],
  ['ResourceNotFound.LoadBalancer', 404, 'not-found'],
  ['ResourceNotFound.Eip', 400, 'not-found'],
  ['-735', 400, 'not-found'],
  ['InvalidEniId.NotFound', 404, 'not-found'],
  ['InvalidAccessKeyId.NotFound', 404, 'forbidden'],
  ['SignatureDoesNotMatch', 400, 'forbidden'],
  ['InvalidTimeStamp.Expired', 400, 'forbidden'],
  ['Forbidden.LoadBalancer', 400, 'forbidden'],
  ['NoPermission', 403, 'forbidden'],
  ['InvalidAction.NotFound', 404, 'invalid'],
  ['OperationDenied.GRPCServerGroup', 400, 'invalid'],
  ['Mismatch.VpcId', 400, 'invalid'],
  ['IllegalParam.ServerIp', 400, 'invalid'],
  ['MissingParam.ListenerId', 400, 'invalid'],
  ['ServiceUnavailable', 503, 'transport'],
  ['InternalError', 500, 'transport'],
  ['', 502, 'transport'],
];

describe('classify', () => {
  it.each(cases)('%s with status %i is %s', (code, status, failure) => {
    expect(classify(code, status)).toBe(failure);
  });

  it('uses every class', () => {
    expect([...new Set(cases.map(([, , failure]) => failure))].sort()).toEqual([...failureClasses].sort());
  });
});
