/** One Service of a batch, claimed. */
import type { MembersRequested } from '#events/contract/messages.ts';
import type { Endpoint } from '#shared/model/endpoint.ts';
import type { ObjectRef } from '#shared/problem.ts';
import type { Claim } from '#shared/step/claim.ts';
import type { Outcome } from '#shared/step/outcome.ts';
import type { ServiceLedger } from '#shared/step/record.ts';
import type { Send } from '#shared/step/workshop.ts';
import type { GroupWork } from './group-work.ts';

export interface Lane {
  readonly message: MembersRequested;
  readonly claim: Claim<ServiceLedger>;
  ledger: ServiceLedger;
  endpoints: readonly Endpoint[];
  work: readonly GroupWork[];
  outcome: Outcome;
  sends: readonly Send[];
}

export const refOf = ({ message }: Lane): ObjectRef => ({ kind: 'Service', namespace: message.key.namespace, name: message.key.name });

/** Every cloud action that the lane uses, for the RAM policy of the function. */
export const laneUses: readonly string[] = [
  'ListServerGroupServers',
  'AddServersToServerGroup',
  'RemoveServersFromServerGroup',
  'ReplaceServersInServerGroup',
  'UpdateServerGroupServersAttribute',
  'ListAsynJobs',
  'DescribeNetworkInterfaces',
];
