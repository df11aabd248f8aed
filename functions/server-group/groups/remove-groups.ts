/**
 * Taking groups away. Each is deleted by itself: one that does not go keeps no other from going. One that something else still refers to is
 * a matter of its own: tried again a few times within a minute, then told and left to the next sweep.
 */
import { stepRequest } from '#events/contract/messages.ts';
import { CloudFailure, type FailureClass } from '#shared/cloud/failure.ts';
import { shortHash } from '#shared/ownership.ts';
import { eachLimited } from '#shared/step/each-limited.ts';
import { done, type Outcome } from '#shared/step/outcome.ts';
import type { StayingGroup } from '#shared/step/record.ts';
import { makeRoomKnown } from '#shared/step/refused-groups.ts';
import type { Scene } from '#shared/step/scene.ts';
import { pauseOf, refusedAgain, stayingGroupProblems, withStayingGroups } from '#shared/step/staying-groups.ts';
import type { Found } from './observe-groups.ts';
import { servicesOf, tellServices } from './tell-services.ts';

/** Deletions side by side. */
const parallel = 8;

/** Failures after which the next call would fare no better: the rest is left to the next try. */
const ofEveryCall: ReadonlySet<FailureClass> = new Set(['throttled', 'transport', 'forbidden']);

const withoutGroups = (groups: Scene['ledger']['groups'], gone: ReadonlySet<string>): Scene['ledger']['groups'] =>
  Object.fromEntries(Object.entries(groups).filter(([identity]) => !gone.has(identity)));

/** Why a group does not go although nothing is wrong with the moment; `undefined`: the failure is another one. */
function staysBecause(error: unknown): string | undefined {
  if (!(error instanceof CloudFailure)) return undefined;
  const code = error.facts['code'] ?? '';
  return code === 'ResourceInUse.ServerGroup' || error.failure === 'invalid' ? code : undefined;
}

interface Attempt {
  /** Deleted, or not there any more. */
  readonly gone: Set<string>;
  readonly staying: Map<string, StayingGroup>;
  error: unknown;
}

/** One deletion; throws only what would befall the next one too. */
async function deleteOne(one: Found, attempt: Attempt, scene: Scene): Promise<void> {
  try {
    scene.started(await scene.cloud.alb.deleteServerGroup(one.id, scene.token(`delete ${one.identity}`, one.id)), one.id);
    attempt.gone.add(one.identity);
  } catch (error) {
    const code = staysBecause(error);
    if (code === undefined) attempt.error ??= error;
    if (code !== undefined) {
      const name = one.observed?.settings.serverGroupName ?? one.identity.slice(0, 16);
      attempt.staying.set(one.identity, refusedAgain(scene.ledger.stayingGroups?.[one.identity], { id: one.id, name, code }));
    } else if (!(error instanceof CloudFailure) || ofEveryCall.has(error.failure)) throw error;
  }
}

/** What stays is remembered for the next try, and nothing else: few calls must get somewhere. */
function rememberAttempt(items: readonly Found[], { gone, staying }: Attempt, scene: Scene): void {
  const left = items.filter((one) => !gone.has(one.identity));
  scene.remember((ledger) => {
    const former = Object.entries(ledger.stayingGroups ?? {}).filter(([identity]) => !gone.has(identity));
    const groups = { ...ledger.groups, ...Object.fromEntries(left.map((one) => [one.identity, one.id])) };
    const known = withStayingGroups({ ...ledger, groups }, { ...Object.fromEntries(former), ...Object.fromEntries(staying) });
    return gone.size > 0 ? makeRoomKnown(known) : known;
  });
}

/** Comes back for what stays, while it may go any moment. */
function askAgain({ staying }: Attempt, scene: Scene): void {
  const pauses = [...staying.values()].map(pauseOf).filter((one) => one !== undefined);
  if (pauses.length === 0) return;
  const { key } = scene.stack;
  const chain = `collect-${shortHash(`${key.name} ${scene.now()}`)}`;
  scene.ask(stepRequest({ key, step: 'server-group', phase: 'collect', chain }), Math.min(...pauses));
}

/** An AlbConfig that is being deleted is not gone before its groups are. */
function outcomeOfDeletion({ staying }: Attempt, scene: Scene): Outcome {
  const object = { kind: 'AlbConfig', namespace: '', name: scene.stack.key.name };
  const because = `${staying.size} server group(s) are still in use`;
  return { kind: 'park', because, problems: stayingGroupProblems(scene.ledger, object), afterSeconds: 1 };
}

export async function removeGroups(items: readonly Found[], scene: Scene): Promise<Outcome> {
  const services = await servicesOf(items, scene);
  const leaving = new Set(items.map((one) => one.identity));
  scene.remember((ledger) => ({ ...ledger, groups: withoutGroups(ledger.groups, leaving) }));
  // The lane must let go before the group does.
  await tellServices(scene, { services, made: new Set() }, 0);
  const attempt: Attempt = { gone: new Set(), staying: new Map(), error: undefined };
  try {
    await eachLimited(items, parallel, (one) => deleteOne(one, attempt, scene));
  } finally {
    rememberAttempt(items, attempt, scene);
  }
  if (attempt.error !== undefined) throw attempt.error;
  if (attempt.staying.size > 0 && scene.phase === 'delete') return outcomeOfDeletion(attempt, scene);
  askAgain(attempt, scene);
  return done(attempt.gone.size > 0);
}
