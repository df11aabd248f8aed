/**
 * What to do about a service's error code: the table of the ALB reference 7.1, with the few codes that ECS and VPC add. The first row
 * that matches wins; texts are never looked at, because the service rewords them.
 */
import type { FailureClass } from './failure.ts';

interface Row {
  readonly codes: RegExp;
  readonly failure: FailureClass;
}

const rows: readonly Row[] = [
  { codes: /Throttling/, failure: 'throttled' },
  // Before the not-found row: these say that the caller is unknown, not that a resource is.
  {
    codes:
      /^(InvalidAccessKey|SignatureDoesNotMatch|IncompleteSignature|SignatureNonceUsed|InvalidTimeStamp|InvalidSecurityToken|InvalidCredentials|NoPermission|Forbidden|OperationDenyed\.ServiceLinkedRoleNotExist)/,
    failure: 'forbidden',
  },
  { codes: /^InvalidAction/, failure: 'invalid' },
  {
    codes:
      /^(SystemBusy|IdempotenceProcessing|IncorrectStatus|IncorrectBusinessStatus|ResourceInConfiguring|VipStatusNotSupport|LockFailed|OperationFailed\.ResourceGroupStatusCheckFail|LastTokenProcessing|OperationConflict)/,
    failure: 'busy',
  },
  { codes: /^Conflict\.Acl$/, failure: 'busy' },
  // Internal codes that leak out while a rule is deleted, or a listener created, changed or deleted.
  { codes: /^-(21013|21020|22001|22031)$/, failure: 'busy' },
  // A reference vanishes some seconds after the rule that held it.
  { codes: /^ResourceInUse\.(ServerGroup|Acl)$/, failure: 'busy' },
  // What Terraform reads as "the load balancer is gone".
  { codes: /^-735$/, failure: 'not-found' },
  { codes: /^ResourceNotFound|^Invalid\w+\.NotFound$/, failure: 'not-found' },
  { codes: /^(ResourceAlreadyAssociated|ResourceNotAssociated|ResourceAlreadyExist|ResourceInUse|Conflict)(\.|$)/, failure: 'conflict' },
  { codes: /^OperationDenied\.(\w+NotChanged|AccessLog(En|Dis)abled|DeletionProtectionEnabled)$/, failure: 'conflict' },
  { codes: /^IdempotentParameterMismatch$/, failure: 'conflict' },
  { codes: /^(QuotaExceeded|ResourceQuotaExceeded|ResourceNotEnough)/, failure: 'quota' },
  { codes: /^(ServiceUnavailable|InternalError|InternalFailure)/, failure: 'transport' },
];

/** Class of an error answer. A 5xx that no row knows may or may not have been carried out; any other refusal is about the request. */
export function classify(code: string, httpStatus: number): FailureClass {
  const known = rows.find((row) => row.codes.test(code));
  if (known !== undefined) return known.failure;
  if (httpStatus === 429) return 'throttled';
  return httpStatus >= 500 ? 'transport' : 'invalid';
}
