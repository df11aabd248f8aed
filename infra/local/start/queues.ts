/** The queues that infrastructure code makes in the cloud. */
import { createQueues } from '#shared/cloud/mns/adapter.ts';
import { deadLetterQueue, steps } from '#shared/steps.ts';
import { localCredentials } from '../credentials.ts';

/** One for each step that has one, and the dead letters. A queue that is there already stays as it is. */
export async function ensureQueues(mnsUrl: string): Promise<void> {
  const { accountId, accessKeyId, accessKeySecret } = localCredentials;
  const queues = createQueues({ accountId, endpoint: mnsUrl, accessKeyId, accessKeySecret });
  const names = [...steps.flatMap((row) => (row.queue === undefined ? [] : [row.queue])), deadLetterQueue];
  try {
    await Promise.all(names.map((name) => queues.ensureQueue(name)));
  } finally {
    queues.close();
  }
}
