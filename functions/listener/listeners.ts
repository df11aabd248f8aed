/** Listeners: one a protocol and port of the AlbConfig, each with a default group of its own. */
import type { Listener } from '#shared/cloud/alb/port.ts';
import type { ListenerSpec } from '#shared/model/stack.ts';
import { diff } from '#shared/plan/diff.ts';
import { changedFields, type Field, ifWanted, scalar } from '#shared/plan/fields.ts';
import { collectable } from '#shared/step/chain.ts';
import { defineNoun } from '#shared/step/noun.ts';
import { done } from '#shared/step/outcome.ts';
import { isWithheld } from '#shared/step/refused-groups.ts';
import type { Scene } from '#shared/step/scene.ts';
import { attempt, isRefused, keepRefusals } from './refused-updates.ts';

type Settings = Listener['settings'];

const fields: readonly Field<Settings>[] = [
  scalar('listenerDescription'),
  scalar('idleTimeout'),
  scalar('requestTimeout'),
  scalar('gzipEnabled'),
  ifWanted('http2Enabled'),
  ifWanted('securityPolicyId'),
  ifWanted('certificateId'),
  {
    name: 'xForwardedForConfig',
    // Only what the user set is compared: the service fills in the rest.
    same: (want, have) =>
      Object.entries(want.xForwardedForConfig ?? {}).every(([name, value]) => have.xForwardedForConfig?.[name] === value),
  },
];

const identityOf = (one: Listener): string => `${one.protocol}:${one.port}`;

const settled: ReadonlySet<string> = new Set(['Running', 'Stopped']);

const groupId = (scene: Scene, spec: ListenerSpec): string => scene.ledger.groups[spec.defaultGroup] ?? '';

/**
 * The service's list leaves out certificates. What was read once is remembered until we change it or the sweep looks for drift, so that a
 * change of one listener does not cost a read of each.
 */
async function certificatesOf(found: readonly Listener[], scene: Scene): Promise<Readonly<Record<string, string>>> {
  const remembered = scene.ledger.certificates ?? {};
  const wanted = new Set(scene.stack.listeners.filter((one) => one.settings.certificateId !== undefined).map((one) => one.identity));
  const entries: [string, string][] = [];
  for (const one of found) {
    const { listenerId, status } = one;
    if (!wanted.has(identityOf(one)) || !settled.has(status)) continue;
    entries.push([listenerId, remembered[listenerId] ?? (await scene.cloud.alb.defaultCertificate(listenerId))]);
  }
  return Object.fromEntries(entries);
}

const withCertificate = (one: Listener, certificateId: string | undefined): Listener =>
  certificateId === undefined ? one : { ...one, settings: { ...one.settings, certificateId } };

const forgetCertificate = (scene: Scene, listenerId: string): void =>
  scene.remember(({ certificates: { [listenerId]: _changed, ...certificates } = {}, ...ledger }) => ({ ...ledger, certificates }));

const forget = (scene: Scene, identity: string): void =>
  scene.remember((ledger) => {
    const { [identity]: _gone, ...listeners } = ledger.listeners;
    return { ...ledger, listeners };
  });

export const listeners = defineNoun<Listener, ListenerSpec, { readonly spec: ListenerSpec; readonly id: string }, Listener>({
  kind: 'listener',
  uses: [
    'ListListeners',
    'CreateListener',
    'UpdateListenerAttribute',
    'DeleteListener',
    'GetListenerAttribute',
    'GetLoadBalancerAttribute',
    'ListAsynJobs',
  ],
  removesWhileApplying: false,
  async observe(scene) {
    const balancer = scene.ledger.loadBalancer;
    if (balancer === undefined || scene.fresh) return [];
    const found = await scene.cloud.alb.listListeners(balancer.id);
    const certificates = await certificatesOf(found, scene);
    scene.remember((ledger) => ({
      ...ledger,
      listeners: Object.fromEntries(found.map((one) => [identityOf(one), one.listenerId])),
      certificates,
    }));
    return found.map((one) => withCertificate(one, certificates[one.listenerId]));
  },
  compare: (scene, observed) => {
    // Without its default group a listener can be neither made nor changed; that the group is refused was told by its own step.
    const possible = scene.stack.listeners.filter((one) => !isWithheld(scene.ledger, one.defaultGroup));
    const withheld = scene.stack.listeners.filter((one) => !possible.includes(one)).map((one) => one.identity);
    const keep = new Set<string>([...scene.stack.heldListeners, ...withheld]);
    const found = diff(possible, observed, {
      desired: (one) => one.identity,
      observed: identityOf,
      same: (want, have) =>
        have.defaultServerGroupId === groupId(scene, want) && changedFields(fields, want.settings, have.settings).length === 0,
    });
    const update = found.update.map(({ desired, observed: have }) => ({ spec: desired, id: have.listenerId }));
    keepRefusals(new Set(update.map(({ spec }) => spec.identity)), scene);
    return {
      create: found.create,
      update: update.filter(({ spec }) => !isRefused(spec, scene)),
      remove: found.remove.filter((one) => !keep.has(identityOf(one)) && isCollectable(scene, one)),
      unsettled: observed.filter((one) => !settled.has(one.status)).map(identityOf),
    };
  },
  async create(specs, scene) {
    const loadBalancerId = scene.ledger.loadBalancer?.id ?? '';
    for (const { identity, protocol, port, settings, tags, ...spec } of specs) {
      const defaultServerGroupId = groupId(scene, { identity, protocol, port, settings, tags, ...spec });
      const request = { loadBalancerId, protocol, port, defaultServerGroupId, settings, tags };
      const made = await scene.cloud.alb.createListener({ ...request, clientToken: scene.token(identity, request) });
      scene.started(made, identity);
      scene.remember((ledger) => ({ ...ledger, listeners: { ...ledger.listeners, [identity]: made.listenerId } }));
    }
    return done(true);
  },
  async update(changes, scene) {
    for (const { spec, id } of changes) {
      forgetCertificate(scene, id);
      const change = { settings: spec.settings, defaultServerGroupId: groupId(scene, spec) };
      const write = async (): Promise<void> =>
        scene.started(await scene.cloud.alb.updateListener(id, change, scene.token(spec.identity, change)), spec.identity);
      await attempt(spec, write, scene);
    }
    return done(true);
  },
  async remove(items, scene) {
    for (const one of items) {
      const started = await scene.cloud.alb.deleteListener(one.listenerId, scene.token(`delete ${identityOf(one)}`, one.listenerId));
      scene.started(started, identityOf(one));
      forget(scene, identityOf(one));
    }
    return done(true);
  },
});

const isCollectable = (scene: Scene, one: Listener): boolean =>
  scene.stack.want === 'remove' || collectable(scene.stack, scene.ledger).listeners.includes(identityOf(one));
