/** The list of asynchronous jobs, newest first. */
import { isAmong, isEqual, type PageParameters, pageOf } from './listing.ts';
import { read } from './operations.ts';
import type { JobRecord } from './records.ts';

interface ListRequest extends PageParameters {
  readonly JobIds?: readonly string[];
  readonly ResourceType?: string;
  readonly ResourceIds?: readonly string[];
  readonly ApiName?: string;
  /** Unix ms. */
  readonly BeginTime?: number;
  readonly EndTime?: number;
}

/** A job as ListAsynJobs answers it. */
export const showJob = (job: JobRecord): Readonly<Record<string, unknown>> => ({
  Id: job.id,
  ApiName: job.apiName,
  OperateType: job.operateType,
  ResourceType: job.resourceType,
  ResourceId: job.resourceId,
  Status: job.status,
  CreateTime: job.createdAt,
  ModifyTime: job.modifiedAt,
  ...(job.errorCode === undefined ? {} : { ErrorCode: job.errorCode, ErrorMessage: `The job failed with ${job.errorCode}.` }),
});

const matches = (job: JobRecord, wanted: ListRequest): boolean =>
  isAmong(wanted.JobIds, job.id) &&
  isAmong(wanted.ResourceIds, job.resourceId) &&
  isEqual(wanted.ResourceType?.toLowerCase(), job.resourceType) &&
  isEqual(wanted.ApiName, job.apiName) &&
  job.createdAt >= (wanted.BeginTime ?? 0) &&
  job.createdAt <= (wanted.EndTime ?? Number.POSITIVE_INFINITY);

/** CreateLoadBalancer works in the background as well, but tells nobody a job id. */
const isTold = (job: JobRecord): boolean => job.apiName !== 'CreateLoadBalancer';

/** ListAsynJobs. */
export const jobOperations = [
  read<ListRequest>('ListAsynJobs', (parameters, { cloud }) =>
    pageOf(
      'Jobs',
      cloud.state.jobs.all().filter((job) => isTold(job) && matches(job, parameters)),
      parameters,
      showJob,
      'newest-first',
    ),
  ),
];
