/** Writes to one group: the first call of its plan, remembered so that a later run verifies it and goes on. */
import type { Server, Started } from '#shared/cloud/alb/port.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import { recordEvent } from '#shared/kube/events.ts';
import { shortHash } from '#shared/ownership.ts';
import { type MemberOperation, planMembers } from '#shared/plan/members.ts';
import { explainProblem } from '#shared/problem.ts';
import { forgetRecord } from '#shared/step/forget-record.ts';
import { guardWrites } from '#shared/step/guard.ts';
import { digestOf, wantedAddresses } from '#shared/step/member-digest.ts';
import { done, type Outcome, wait } from '#shared/step/outcome.ts';
import type { GroupMembers, RememberedServer } from '#shared/step/record.ts';
import type { Workshop } from '#shared/step/workshop.ts';
import { type GroupWork, weight } from './group-work.ts';
import { type Lane, refOf } from './lane.ts';

interface Question {
  readonly lane: Lane;
  readonly work: GroupWork;
  /** Network interface by address. */
  readonly interfaces: ReadonlyMap<string, string>;
  readonly at: Workshop;
}

interface Resolved {
  readonly servers: readonly Server[];
  /** Addresses without a network interface: left out, told, and looked up again. */
  readonly unresolved: readonly string[];
}

function resolve({ work, interfaces }: Question): Resolved {
  const known = new Map(work.observed.map((one) => [one.serverIp, one.serverId]));
  const servers: Server[] = [];
  const unresolved: string[] = [];
  for (const { ip, port } of work.wanted) {
    const serverId = known.get(ip) ?? interfaces.get(ip);
    if (serverId === undefined) unresolved.push(ip);
    else servers.push({ serverType: 'Eni', serverId, serverIp: ip, port, weight });
  }
  return { servers, unresolved };
}

const remember = (lane: Lane, group: string, members: GroupMembers): void => {
  lane.ledger = { ...lane.ledger, members: { ...lane.ledger.members, [group]: members } };
};

const remembered = (servers: readonly Server[]): readonly RememberedServer[] =>
  servers.map((one) => ({ serverId: one.serverId, ip: one.serverIp, port: one.port }));

const sameServer = (a: Server, b: Server): boolean => a.serverId === b.serverId && a.serverIp === b.serverIp && a.port === b.port;

/** The servers there will be when the operation has succeeded. */
function after(observed: readonly Server[], operation: MemberOperation): readonly Server[] {
  const added = operation.kind === 'add' ? operation.servers : operation.kind === 'replace' ? operation.added : [];
  const removed = operation.kind === 'remove' ? operation.servers : operation.kind === 'replace' ? operation.removed : [];
  return [...observed.filter((one) => !removed.some((gone) => sameServer(gone, one))), ...added];
}

async function call(group: string, operation: MemberOperation, question: Question): Promise<Started> {
  const { at, lane } = question;
  const covers = (ms: number): boolean => lane.claim.covers(ms) && at.hasTime(ms);
  const alb = guardWrites(at.cloud.alb, at.callMs, covers);
  const token = `${shortHash(`${group}|${lane.claim.record.life}`)}-${lane.ledger.incarnation}-${shortHash(JSON.stringify(operation))}`;
  if (operation.kind === 'replace') return alb.replaceServers(group, operation.added, operation.removed, token);
  if (operation.kind === 'add') return alb.addServers(group, operation.servers, token);
  if (operation.kind === 'remove') return alb.removeServers(group, operation.servers, token);
  return alb.updateServers(group, operation.servers, token);
}

/** From some to none only after an immediate second, quorum read. */
async function stillEmpty({ lane, work, at }: Question): Promise<boolean> {
  const { namespace, name } = lane.message.key;
  const endpoints = await readEndpoints(at.kube, namespace, name);
  return wantedAddresses(endpoints, work.facts.portName).length === 0;
}

async function tellUnresolved({ lane, at }: Question, addresses: readonly string[]): Promise<Outcome> {
  const problem = { code: 'MEMBER-NO-INTERFACE', object: refOf(lane), facts: { address: addresses.slice(0, 5).join(', ') } } as const;
  const tell = async (): Promise<void> => {
    const { namespace, name } = problem.object;
    const uid = (await at.kube.get({ kind: 'Service', namespace, name }))?.metadata.uid;
    const object = { ...problem.object, ...(uid === undefined ? {} : { uid }) };
    await recordEvent(at.kube, { object, type: 'Warning', reason: problem.code, message: explainProblem(problem) });
  };
  await tell().catch((error: unknown) => at.log.warn({ error: String(error) }, 'report not written'));
  return { kind: 'park', because: `${addresses.length} address(es) without a network interface`, problems: [problem] };
}

/** Brings one group one call further. */
export async function applyGroup(question: Question): Promise<Outcome> {
  const { lane, work } = question;
  const { servers, unresolved } = resolve(question);
  const plan = planMembers({ wanted: servers, observed: work.observed });
  const { doubtedAt } = work.facts;
  const facts = { wanted: work.wanted.length, digest: digestOf(work.wanted), ...(doubtedAt === undefined ? {} : { doubtedAt }) };
  if (plan.waiting.length > 0) return wait(1, `${plan.waiting.length} server(s) still changing`);
  const [operation] = plan.operations;
  // A change whose job we do not know (its answer was lost): only when it has ended is the state one to remember.
  if (operation === undefined && work.observed.some((one) => one.status !== 'Available')) return wait(1, 'servers are still changing');
  if (operation === undefined) {
    remember(lane, work.group, { servers: remembered(work.observed), registered: work.observed.length, ...facts });
    return unresolved.length > 0 ? tellUnresolved(question, unresolved) : done(false);
  }
  if (plan.empties && !(await stillEmpty(question))) return wait(1, 'endpoints came back while they were looked at');
  // What we know goes before the first write: a crash after it makes the successor list.
  lane.ledger = { ...lane.ledger, incarnation: lane.ledger.incarnation + 1 };
  const { digest: _former, servers: _known, ...remains } = lane.ledger.members[work.group] ?? {};
  const rest = { ...remains, ...(doubtedAt === undefined ? {} : { doubtedAt }) };
  remember(lane, work.group, { ...rest, wanted: facts.wanted });
  await lane.claim.save(lane.ledger);
  try {
    const started = await call(work.group, operation, question);
    remember(lane, work.group, { ...rest, wanted: facts.wanted, jobId: started.jobId, next: remembered(after(work.observed, operation)) });
    return wait(1, 'servers are being changed');
  } catch (error) {
    if (error instanceof CloudFailure && error.failure === 'not-found') await reportGone(question);
    throw error;
  }
}

/** The group that the chain told us of is not there: the chain must look again. */
async function reportGone({ lane, work, at }: Question): Promise<void> {
  const key = { kind: 'AlbConfig', cluster: at.site.cluster, name: work.facts.albConfig } as const;
  lane.sends = [...lane.sends, ...(await forgetRecord(key, at))];
}
