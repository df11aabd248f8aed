/** What a noun is given: the stack, the cloud behind the claim's guard, and the ledger to write into. */
import type { Message, Phase, ServiceKey } from '#events/contract/messages.ts';
import type { Alb, Started } from '#shared/cloud/alb/port.ts';
import type { Ecs } from '#shared/cloud/ecs/port.ts';
import type { Vpc } from '#shared/cloud/vpc/port.ts';
import type { Stack } from '#shared/model/stack.ts';
import type { Site } from '#shared/model/wish.ts';
import type { Problem } from '#shared/problem.ts';
import type { StoredRecord } from './lease.ts';
import type { AlbConfigLedger, RuleBatch, ServiceLedger } from './record.ts';
import type { Records } from './records.ts';

export interface Cloud {
  readonly alb: Alb;
  readonly ecs: Ecs;
  readonly vpc: Vpc;
}

/** Records of Services by key text; one without a record is absent. */
export type ServiceRecords = ReadonlyMap<string, StoredRecord<ServiceLedger>>;

export interface Scene {
  readonly stack: Stack;
  readonly site: Site;
  readonly cloud: Cloud;
  readonly records: Pick<Records, 'setGroups'>;
  /** Records of these Services, by key text, and perhaps of more; without keys: of all. Each is read once a run. */
  services(keys?: readonly ServiceKey[]): Promise<ServiceRecords>;
  readonly phase: Phase;
  /** Nobody can have written what this step keeps, because we have just made its parent: there is nothing to observe. */
  readonly fresh: boolean;
  /** The AlbConfig has no finalizer of ours yet, which comes before the first write: nothing of it was ever made, whatever became of records. */
  readonly firstEver: boolean;
  /** The ledger as it is now; `remember` changes it in memory, the runtime saves it. */
  readonly ledger: AlbConfigLedger;
  remember(change: (ledger: AlbConfigLedger) => AlbConfigLedger): void;
  /** `ClientToken` of one intended operation: the same for a retry, another after the intent changed. At most 64 characters. */
  token(what: string, body: unknown): string;
  /** Notes asynchronous work that must be verified before the step counts as applied; `rules`: those that it writes. */
  started(job: Started | undefined, what: string, rules?: RuleBatch): void;
  /** A message to be sent when the run is settled. */
  ask(message: Message, delaySeconds: number): void;
  /** A problem found while applying, for the owners' Events and conditions. */
  tell(problem: Problem): void;
  now(): number;
}
