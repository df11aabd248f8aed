/** Gated Pods of a Service without groups of ours: where nobody else is to let them in, they must not wait for ever. */
import type { MembersRequested } from '#events/contract/messages.ts';
import { readEndpoints } from '#shared/kube/endpoint-reader.ts';
import { isDue, type Pod } from '#shared/model/readiness-gates.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { combine, done, type Outcome } from '#shared/step/outcome.ts';
import { parallel, readGated, waitingPods } from './gated-pods.ts';
import type { GateTools } from './tools.ts';
import { verdict } from './verdict.ts';

/** The chain asks for the Service's members when it has made a group; this is for when it never does. */
const groupToCome: Outcome = {
  kind: 'park',
  because: 'Pods wait for a server group that is still to be made',
  problems: [],
  afterSeconds: 5,
};

/** Tries after which a Pod is told what it waits for, and after which whoever looks at its Events is: about 10 and 20 seconds. */
const [saidAfter, toldAfter] = [2, 4];

/** Another Service has groups, whose lane decides; or an Ingress of ours asks for groups that are still to be made. */
async function expected(pod: Pod, { reads, places }: GateTools): Promise<'elsewhere' | 'to come' | undefined> {
  const { namespace = '' } = pod.metadata;
  const services = await reads.selectors(pod);
  const groups = await Promise.all(services.map((service) => places.groupsOf(namespace, service)));
  if (groups.some((one) => one.length > 0)) return 'elsewhere';
  const named = await reads.named(namespace);
  return services.some((service) => named.has(service)) ? 'to come' : undefined;
}

async function freePod(pod: Pod, attempt: number, tools: GateTools): Promise<Outcome> {
  const waitsFor = await expected(pod, tools);
  if (waitsFor === undefined) return tools.writer.write(pod, verdict('NotBehindALB'));
  const found = verdict('AwaitingGroup');
  if (waitsFor === 'elsewhere' || attempt < saidAfter) return groupToCome;
  const said = await tools.writer.write(pod, found);
  if (attempt >= toldAfter) await tools.writer.tellClosed(pod, found);
  return combine(groupToCome, said);
}

/** Opens the gates that nobody else will open. */
export async function freePods({ key, attempt }: MembersRequested, tools: GateTools): Promise<Outcome> {
  let outcome = done(false);
  try {
    const endpoints = await readEndpoints(tools.at.kube, key.namespace, key.name);
    const due = (await readGated(key, waitingPods(endpoints), tools.reads)).filter(isDue);
    await eachLimited(due, parallel, async (pod) => {
      outcome = combine(outcome, await freePod(pod, attempt, tools));
    });
    return outcome;
  } catch (error) {
    return combine(outcome, outcomeOf(error, { kind: 'Service', namespace: key.namespace, name: key.name }));
  }
}
