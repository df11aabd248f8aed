/** Compares wishes with records: a chain is started where they differ, and nowhere else. */
import { type AlbConfigKey, keyText, type Message, type ObjectChanged, stepRequest } from '#events/contract/messages.ts';
import { readCluster, readWish } from '#shared/kube/wish-reader.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import type { Wish } from '#shared/model/wish.ts';
import { finalizer } from '#shared/ownership.ts';
import { firstHop, type Hop, isUnderway } from '#shared/step/chain.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { done } from '#shared/step/outcome.ts';
import { type AlbConfigLedger, emptyAlbConfigLedger } from '#shared/step/record.ts';
import { problemsHash } from '#shared/step/report.ts';
import type { Send, Settlement, Workshop } from '#shared/step/workshop.ts';
import { changedMembers } from './changed-members.ts';
import { generate } from './generate.ts';
import { warn } from './warn.ts';

const misrouted: Settlement = {
  outcome: { kind: 'refuse', code: 'MESSAGE-MALFORMED', because: 'this queue is for changed objects' },
  sends: [],
};

const isChange = (message: Message): message is ObjectChanged => message.type === 'albeit.object.changed';

const owner = (message: Message) => ({ kind: message.key.kind, namespace: '', name: 'name' in message.key ? message.key.name : '' });

const merged: Settlement = { outcome: done(false), sends: [], facts: { merged: true } };

/** Every message of the batch; several about one AlbConfig are one look, and a look at the whole cluster is one at each of them. */
export async function dispatchAll(messages: readonly Message[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  const settled = new Map<Message, Settlement>(messages.map((one) => [one, misrouted]));
  const changes = messages.filter(isChange);
  const wholeFirst = [...changes.filter(isWhole), ...changes.filter((one) => !isWhole(one))];
  const looked = new Set<string>();
  for (const message of wholeFirst) {
    const covered = [keyText(message.key), whole].some((key) => looked.has(key));
    const settlement = covered
      ? merged
      : await dispatchOne(message, at).catch((error: unknown): Settlement => ({ outcome: outcomeOf(error, owner(message)), sends: [] }));
    settled.set(message, settlement);
    // A look that failed covers nothing: each of the others looks for itself.
    if (settlement.outcome.kind === 'done') looked.add(isWhole(message) ? whole : keyText(message.key));
  }
  return settled;
}

const whole = 'the whole cluster';
const isWhole = ({ key }: ObjectChanged): boolean => key.kind === 'Cluster';

async function dispatchOne(message: ObjectChanged, at: Workshop): Promise<Settlement> {
  const { key } = message;
  const sends = key.kind === 'Cluster' ? await lookAtCluster(at) : await lookAtOne(key, at);
  return { outcome: done(sends.length > 0), sends, facts: { reason: message.reason, asked: sends.length } };
}

async function lookAtOne(key: AlbConfigKey, at: Workshop): Promise<readonly Send[]> {
  const [wish, record] = await Promise.all([readWish(at.kube, key), at.records.read(key, emptyAlbConfigLedger)]);
  return startChain(wish, record?.ledger, at);
}

/** The whole cluster, listed once: what changed while nobody listened, deletions included. */
async function lookAtCluster(at: Workshop): Promise<readonly Send[]> {
  const [{ wishes, strays, services }, records] = await Promise.all([
    readCluster(at.kube, at.site.cluster),
    at.records.list('AlbConfig', emptyAlbConfigLedger),
  ]);
  const [problems, astray] = [strays.map(({ problem }) => problem), strays.map(({ ingress }) => ingress)];
  await warn(problems, astray, at);
  const known = new Set(wishes.map((wish) => keyText(wish.key)));
  const gone = [...records.values()].flatMap(({ key }) => (key.kind === 'AlbConfig' && !known.has(keyText(key)) ? [emptyWish(key)] : []));
  const sends: Send[] = [];
  for (const wish of [...wishes, ...gone]) sends.push(...(await startAlone(wish, records.get(keyText(wish.key))?.ledger, at)));
  return [...sends, ...(await changedMembers(services, at))];
}

/** One AlbConfig that cannot be looked at keeps no other waiting: it gets a message of its own, which is tried again by itself. */
async function startAlone(wish: Wish, ledger: AlbConfigLedger | undefined, at: Workshop): Promise<readonly Send[]> {
  try {
    return await startChain(wish, ledger, at);
  } catch (error) {
    at.log.warn({ key: keyText(wish.key), error: error instanceof Error ? error.message : String(error) }, 'looked at apart');
    return [{ message: { type: 'albeit.object.changed', version: 1, key: wish.key, reason: 'resync', attempt: 1 }, delaySeconds: 1 }];
  }
}

const emptyWish = (key: AlbConfigKey): Wish => ({ key, albConfig: undefined, ingressClasses: [], ingresses: [], services: new Map() });

/** One id for all that a change sets off; it begins with the time, so that a person can sort chains. */
const newChain = (at: Workshop): string => `${Math.round(at.kube.now()).toString(36)}-${Math.floor(at.random() * 1e9).toString(36)}`;

const request = (key: AlbConfigKey, hop: Hop, at: Workshop): Send => ({
  message: stepRequest({ key, step: hop.step, phase: hop.phase, chain: newChain(at) }),
  delaySeconds: 0,
});

/** With a finalizer of ours on it something of an AlbConfig may be in the cloud, although its record is lost. */
const ledgerOf = ({ albConfig }: Wish, recorded: AlbConfigLedger | undefined): AlbConfigLedger | undefined =>
  recorded ?? (albConfig?.metadata.finalizers?.includes(finalizer) === true ? emptyAlbConfigLedger : undefined);

async function startChain(read: Wish, recorded: AlbConfigLedger | undefined, at: Workshop): Promise<readonly Send[]> {
  const wish = await generate(read, recorded, at);
  const ledger = ledgerOf(wish, recorded);
  const stack = buildStack(wish, at.site);
  const hashes = stepHashes(stack);
  if (ledger !== undefined && isUnderway(ledger, hashes, at.kube.now())) return [];
  const hop = firstHop(stack, ledger, hashes);
  if (hop !== undefined) return [request(wish.key, hop, at)];
  // Nothing of it exists, so no chain runs that could tell why.
  if (stack.want === 'remove') await warn(stack.problems, wish.ingresses, at);
  const told = ledger?.reported?.wish ?? problemsHash({ ...stack, problems: [] });
  // Nothing to do, but something to tell: the last step reports.
  return stack.want !== 'remove' && told !== problemsHash(stack)
    ? [request(wish.key, { step: 'rule', phase: 'apply', delaySeconds: 0 }, at)]
    : [];
}
