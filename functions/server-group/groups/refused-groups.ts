/**
 * Server groups that the service refuses. A refusal for what a group says concerns its owners only: it is remembered, they are told, the
 * step goes on. It is tried again when the group says something else, after half an hour, and where the quota was to blame after growing
 * pauses or as soon as another group has gone.
 */
import { stepRequest } from '#events/contract/messages.ts';
import { CloudFailure } from '#shared/cloud/failure.ts';
import type { ServerGroupSpec } from '#shared/model/stack.ts';
import { shortHash } from '#shared/ownership.ts';
import type { RefusedGroup } from '#shared/step/record.ts';
import { triedAgainAfterMs, whyRefused } from '#shared/step/refusal.ts';
import { withRefusedGroups } from '#shared/step/refused-groups.ts';
import type { Scene } from '#shared/step/scene.ts';

/** The first pause (ms) where there are too many groups; each further one is twice as long, up to the above. */
const quotaPauseMs = 60 * 1000;
const quickTries = 5;

/** More than an ALB can use; the record stays bounded. Beyond it a refusal is a failure as any other. */
const mostRemembered = 200;

/** What is sent of a group. */
const contentOf = ({ settings, fixed, tags }: ServerGroupSpec): string => shortHash(JSON.stringify([settings, fixed, tags]));

const isQuota = ({ failure, facts }: CloudFailure): boolean => failure === 'quota' && /\.ServerGroupsNum$/.test(facts['code'] ?? '');

/** Whether the group is to blame, and not the moment, the site or this program. */
function isAboutGroup(error: CloudFailure): boolean {
  const code = error.facts['code'] ?? '';
  if (error.failure === 'not-found') return /ResourceGroup/.test(code);
  return error.failure === 'quota' || (error.failure === 'invalid' && !/^InvalidAction/.test(code));
}

/** It stands as long as the group says the same and its time is not over. */
export function standingRefusal(spec: ServerGroupSpec, scene: Scene): RefusedGroup | undefined {
  const known = scene.ledger.refusedGroups?.[spec.identity];
  return known?.content === contentOf(spec) && scene.now() < known.until ? known : undefined;
}

/** Those of groups that nobody wants any more. */
export function forgetUnwantedRefusals(scene: Scene): void {
  const { refusedGroups } = scene.ledger;
  if (refusedGroups === undefined) return;
  const wanted = new Set(scene.stack.groups.map((one) => one.identity));
  const kept = Object.entries(refusedGroups).filter(([identity]) => wanted.has(identity));
  if (kept.length < Object.keys(refusedGroups).length) scene.remember((ledger) => withRefusedGroups(ledger, Object.fromEntries(kept)));
}

function rememberRefusal(failure: CloudFailure, spec: ServerGroupSpec, scene: Scene): boolean {
  const known = scene.ledger.refusedGroups ?? {};
  const former = known[spec.identity];
  if (former === undefined && Object.keys(known).length >= mostRemembered) return false;
  const content = contentOf(spec);
  const tries = former?.content === content ? former.tries + 1 : 1;
  const forQuota = isQuota(failure);
  const pauseMs = forQuota ? Math.min(triedAgainAfterMs, quotaPauseMs * 2 ** (tries - 1)) : triedAgainAfterMs;
  const why = whyRefused(failure, `server group ${spec.settings.serverGroupName}`);
  const refused: RefusedGroup = { content, why, until: scene.now() + pauseMs, tries, ...(forQuota ? { forQuota } : {}) };
  scene.remember((ledger) => withRefusedGroups(ledger, { ...known, [spec.identity]: refused }));
  return true;
}

/** Comes back when the first refusal for the quota is due; after the fifth, half an hour later, the sweep sees to it. */
export function askAgainForQuota(scene: Scene): void {
  const refused = Object.values(scene.ledger.refusedGroups ?? {});
  const times = refused.flatMap(({ forQuota, tries, until }) => (forQuota === true && tries <= quickTries ? [until] : []));
  if (times.length === 0) return;
  const { key } = scene.stack;
  const first = Math.min(...times);
  const chain = `quota-${shortHash(`${key.name} ${first}`)}`;
  const delaySeconds = Math.max(1, Math.ceil((first - scene.now()) / 1000));
  scene.ask(stepRequest({ key, step: 'server-group', phase: 'apply', chain }), delaySeconds);
}

/** Writes groups so that one that is refused spoils no other. */
export class Isolation {
  readonly #scene: Scene;
  /** There are too many groups: asking for more of them would only be refused again. */
  #full: CloudFailure | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  get full(): boolean {
    return this.#full !== undefined;
  }

  /** `work` writes this one group. Throws what is no refusal of what the group says. */
  async attempt(spec: ServerGroupSpec, work: () => Promise<void>): Promise<void> {
    try {
      if (this.#full !== undefined) throw this.#full;
      await work();
    } catch (error) {
      if (!(error instanceof CloudFailure) || !isAboutGroup(error)) throw error;
      if (isQuota(error)) this.#full = error;
      if (!rememberRefusal(error, spec, this.#scene)) throw error;
    }
  }
}
