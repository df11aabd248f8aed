/** Asynchronous jobs, and tags of things that exist already. */
import { required } from '../caller.ts';
import { inBatches, toTags } from './answers.ts';
import type { AlbClient, AnswerOf } from './client.ts';
import type { Alb, Job } from './port.ts';

type Listed = NonNullable<AnswerOf<'ListAsynJobs'>['jobs']>[number];
const listing = 'ListAsynJobs';

const jobOf = (found: Listed): Job => ({
  jobId: required(found.id, listing, 'Id'),
  // The service's own value: Processing, Succeeded or Failed.
  status: required(found.status, listing, 'Status') as Job['status'],
  resourceType: found.resourceType ?? '',
  resourceId: found.resourceId ?? '',
  ...(found.errorCode ? { errorCode: found.errorCode } : {}),
  ...(found.errorMessage ? { errorMessage: found.errorMessage } : {}),
});

export type JobCalls = Pick<Alb, 'getJobs' | 'tagResources' | 'untagResources'>;

export const jobCalls = (client: AlbClient): JobCalls => ({
  getJobs: async (jobIds) => {
    const jobs: Job[] = [];
    for (const ids of inBatches(listing, jobIds)) {
      const found = await client.list(listing, { jobIds: ids }, (answer) => answer.jobs);
      jobs.push(...found.map(jobOf));
    }
    return jobs;
  },

  tagResources: async (resourceType, ids, tags) => {
    await client.call('TagResources', { resourceType, resourceId: ids, tag: toTags(tags) });
  },

  untagResources: async (resourceType, ids, keys) => {
    await client.call('UnTagResources', { resourceType, resourceId: ids, tagKey: [...keys].sort() });
  },
});
