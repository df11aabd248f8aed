/** One gated Pod of a Service in its lane: where it stands when servers are applied, and what its gate is to say then. */
import { canonicalAddress } from '#shared/address.ts';
import { isDue, type Pod } from '#shared/model/readiness-gates.ts';
import { opened } from '#shared/step/gate-ledger.ts';
import { combine } from '#shared/step/outcome.ts';
import type { Lane } from '../members/lane.ts';
import { areContainersReady, isLeaving, isShut } from './gated-pods.ts';
import { type PlacedGroup, placedGroup } from './places.ts';
import type { GateTools } from './tools.ts';
import { judge, mayClose, type Verdict, verdict } from './verdict.ts';

/** For so long nothing is said of a Pod that waits: most are in service by then, and it would be a write more for each. */
const quietMs = 3000;

/** Who waits for so long may wait for ever: its owner is told. */
const longMs = 20_000;

/** What is remembered of a Pod: since when it waits, or `opened`; `undefined`: nothing any more. */
export type Remembered = number | undefined;

/** The group's servers as this run left them; while a job is under way nobody knows. */
const placed = ({ work, ledger, message }: Lane): readonly PlacedGroup[] =>
  work.map(({ group, facts }) => placedGroup({ group, service: message.key.name, facts }, ledger.members[group]));

async function write(lane: Lane, pod: Pod, found: Verdict, { writer }: GateTools): Promise<void> {
  lane.outcome = combine(lane.outcome, await writer.write(pod, found));
}

/** A Pod that was gated when last seen, as the endpoints have it now. One that waits is looked at by itself. */
export async function recall(lane: Lane, name: string, since: number, tools: GateTools): Promise<Remembered> {
  const mine = lane.wish.endpoints.filter((one) => one.podName === name);
  if (mine.some((one) => one.serving && !one.terminating)) return opened;
  if (since !== opened && !(await tools.reads.optedIn(lane.message.key.namespace))) return letGo(lane, name, tools);
  return mine.length > 0 ? undefined : left(lane, name, since, tools);
}

/** It waited when its namespace opted out: nobody will look at it again. */
async function letGo(lane: Lane, name: string, tools: GateTools): Promise<Remembered> {
  const pod = await tools.reads.pod(lane.message.key.namespace, name);
  if (pod !== undefined && isDue(pod)) await write(lane, pod, verdict('OptedOut'), tools);
  return undefined;
}

/** It is no endpoint any more. When it is gone with that, nobody asks for its gate. */
async function left(lane: Lane, name: string, since: number, tools: GateTools): Promise<Remembered> {
  const { reads } = tools;
  const { namespace } = lane.message.key;
  const pod = (await reads.optedIn(namespace)) ? await reads.pod(namespace, name) : undefined;
  if (pod === undefined || isLeaving(pod) || isShut(pod)) return undefined;
  const ips = new Set((pod.status?.podIPs ?? []).map(({ ip }) => canonicalAddress(ip)));
  if (placed(lane).some(({ verified }) => verified === undefined || verified.some(({ ip }) => ips.has(ip)))) return since;
  // A Service that selects it still wants it ready, whatever becomes of the load balancer.
  if ((await reads.selectors(pod)).length === 0) await write(lane, pod, verdict('Deregistered'), tools);
  return undefined;
}

/** What its gates are to say; `undefined`: they stay as they are. */
async function judged(lane: Lane, pod: Pod, { places }: GateTools): Promise<Verdict | undefined> {
  const shut = isShut(pod);
  const ready = areContainersReady(pod);
  if (!ready && shut) return undefined;
  const own = await places.of(pod, placed(lane), lane.wish);
  const all = [...own, ...(await places.elsewhere(pod, lane.message.key.name))];
  if (!ready) return mayClose(all) ? verdict('ContainersNotReady') : undefined;
  const found = judge(all);
  return found.open || shut || mayClose(all) ? found : undefined;
}

/** Looks at a Pod that is not ready, and writes what its gates are to say. `since`: when it was first seen to wait. */
export async function look(lane: Lane, pod: Pod, since: number, tools: GateTools): Promise<Remembered> {
  if (isLeaving(pod)) return undefined;
  const shut = isShut(pod);
  const found = await judged(lane, pod, tools);
  if (found === undefined) return shut ? undefined : opened;
  // Said at once when a gate is to be closed; of one that is closed, when it takes long.
  const isDull = !found.open && shut && tools.at.kube.now() - since < quietMs;
  if (!isDull) await write(lane, pod, found, tools);
  if (found.reason === 'ContainersNotReady') return undefined;
  if (!found.open && tools.at.kube.now() - since >= longMs) await tools.writer.tellClosed(pod, found);
  return found.open ? opened : since;
}
