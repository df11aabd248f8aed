/** Compares wishes with records: a chain is started where they differ, and nowhere else. */
import { type AlbConfigKey, keyText, type Message, type ObjectChanged } from '#events/contract/messages.ts';
import { readCluster, readWish } from '#shared/kube/wish-reader.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import { stepHashes } from '#shared/model/stack-hash.ts';
import type { Wish } from '#shared/model/wish.ts';
import { firstHop, type Hop, isUnderway } from '#shared/step/chain.ts';
import { outcomeOf } from '#shared/step/failure-outcome.ts';
import { done } from '#shared/step/outcome.ts';
import { type AlbConfigLedger, emptyAlbConfigLedger } from '#shared/step/record.ts';
import { problemsHash } from '#shared/step/report.ts';
import type { Send, Settlement, Workshop } from '#shared/step/workshop.ts';
import { changedMembers } from './changed-members.ts';
import { generate } from './generate.ts';

const misrouted: Settlement = {
  outcome: { kind: 'refuse', code: 'MESSAGE-MALFORMED', because: 'this queue is for changed objects' },
  sends: [],
};

const isChange = (message: Message): message is ObjectChanged => message.type === 'albeit.object.changed';

const owner = (message: Message) => ({ kind: message.key.kind, namespace: '', name: 'name' in message.key ? message.key.name : '' });

/** Every message of the batch; several about one AlbConfig are one look. */
export async function dispatchAll(messages: readonly Message[], at: Workshop): Promise<ReadonlyMap<Message, Settlement>> {
  const settled = new Map<Message, Settlement>();
  const looked = new Set<string>();
  for (const message of messages) {
    if (!isChange(message)) settled.set(message, misrouted);
    else if (looked.has(keyText(message.key))) settled.set(message, { outcome: done(false), sends: [], facts: { merged: true } });
    else {
      looked.add(keyText(message.key));
      settled.set(
        message,
        await dispatchOne(message, at).catch((error: unknown) => ({ outcome: outcomeOf(error, owner(message)), sends: [] })),
      );
    }
  }
  return settled;
}

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
  const [wishes, records] = await Promise.all([readCluster(at.kube, at.site.cluster), at.records.list('AlbConfig', emptyAlbConfigLedger)]);
  const known = new Set(wishes.map((wish) => keyText(wish.key)));
  const gone = [...records.values()].flatMap(({ key }) => (key.kind === 'AlbConfig' && !known.has(keyText(key)) ? [emptyWish(key)] : []));
  const sends: Send[] = [];
  for (const wish of [...wishes, ...gone]) sends.push(...(await startChain(wish, records.get(keyText(wish.key))?.ledger, at)));
  return [...sends, ...(await changedMembers(at))];
}

const emptyWish = (key: AlbConfigKey): Wish => ({ key, albConfig: undefined, ingressClasses: [], ingresses: [], services: new Map() });

/** One id for all that a change sets off; it begins with the time, so that a person can sort chains. */
const newChain = (at: Workshop): string => `${Math.round(at.kube.now()).toString(36)}-${Math.floor(at.random() * 1e9).toString(36)}`;

const request = (key: AlbConfigKey, hop: Hop, at: Workshop): Send => ({
  message: { type: 'albeit.step.requested', version: 1, key, step: hop.step, phase: hop.phase, chain: newChain(at), attempt: 0 },
  delaySeconds: 0,
});

async function startChain(read: Wish, ledger: AlbConfigLedger | undefined, at: Workshop): Promise<readonly Send[]> {
  const wish = await generate(read, ledger, at);
  const stack = buildStack(wish, at.site);
  const hashes = stepHashes(stack);
  if (ledger !== undefined && isUnderway(ledger, hashes, at.kube.now())) return [];
  const hop = firstHop(stack, ledger, hashes);
  if (hop !== undefined) return [request(wish.key, hop, at)];
  const told = ledger?.reported?.wish ?? problemsHash({ ...stack, problems: [] });
  // Nothing to do, but something to tell: the last step reports.
  return stack.want !== 'remove' && told !== problemsHash(stack)
    ? [request(wish.key, { step: 'rule', phase: 'apply', delaySeconds: 0 }, at)]
    : [];
}
