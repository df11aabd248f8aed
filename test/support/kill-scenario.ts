/** A café that is provisioned and taken down while parts of the local cloud are killed: what is tried, when, and what must come of it. */

import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { applyText, readManifests } from '#infra/local/start/apply.ts';
import type { Part } from '#infra/local/start/cloud.ts';
import { cloudShape } from './cloud-shape.ts';
import type { StartedCloud } from './started-cloud.ts';
import { until } from './until.ts';

const example = 'examples/cafe.yaml';
/** What of the example comes and goes; the rest (pods and Services) stays, so that every provisioning has the same addresses. */
const comings = ['AlbConfig', 'IngressClass', 'Ingress'];

/** A killed holder's claim ends thirteen seconds after it was taken (function timeout, call, skew); then the work itself. */
const recoveredMs = 60_000;

/** How far the cloud has come when something is killed, told by the last call that the ALB has seen. */
export const moments = {
  'right after the objects were written': undefined,
  'while the balancer is created': 'CreateLoadBalancer',
  'while groups are created': 'CreateServerGroup',
  'while servers are added': 'AddServersToServerGroup',
  'while the listener is created': 'CreateListener',
  'while rules are created': 'CreateRules',
} as const;

export const endings = {
  'right after the objects were removed': undefined,
  'while the balancer is deleted': 'DeleteLoadBalancer',
  'while groups are deleted': 'DeleteServerGroup',
} as const;

export interface Kill {
  readonly part: Part;
  /** An action that the ALB has been asked for; undefined: at once. */
  readonly after: string | undefined;
}

const lastCall = async (cloud: StartedCloud): Promise<number> => (await cloud.calls('alb')).at(-1)?.seq ?? 0;

async function strike(cloud: StartedCloud, kills: readonly Kill[], since: number): Promise<void> {
  for (const { part, after } of kills) {
    const reached = async () => after === undefined || (await cloud.calls('alb', since)).some((one) => one.action === after);
    await until(reached, `a call of ${after}`, recoveredMs);
    await cloud.kill(part);
    await cloud.revive(part);
  }
}

async function manifests(wanted: (kind: string) => boolean) {
  return readManifests(await readFile(example, 'utf8'), example).filter((one) => wanted(one.kind));
}

/** Deployments and Services of the example, with every pod ready. */
export async function preparePods(cloud: StartedCloud): Promise<void> {
  for (const one of await manifests((kind) => !comings.includes(kind))) await applyText(cloud.kube, stringify(one), example);
  // The node has an interface of its own, which is there from the beginning.
  const ready = async () => (await cloud.held()).networkInterfaces.filter((one) => one['primary'] !== true).length === 5;
  await until(ready, 'five pods with a network interface', recoveredMs);
}

/** Writes the example's objects, kills meanwhile, and waits until it answers. Answers what the ALB holds then. */
export async function provision(cloud: StartedCloud, kills: readonly Kill[]): Promise<unknown> {
  const since = await lastCall(cloud);
  for (const one of await manifests((kind) => comings.includes(kind))) await applyText(cloud.kube, stringify(one), example);
  await strike(cloud, kills, since);
  await cloud.answers('cafe.example.com', '/coffee', 'coffee-', { withinMs: recoveredMs });
  await cloud.answers('cafe.example.com', '/tea', 'tea-', { withinMs: recoveredMs });
  await cloud.rest(recoveredMs);
  return cloudShape({ state: () => cloud.held() });
}

/** A second look, which a forwarder that starts again asks for, finds nothing to do. */
export async function lookAgain(cloud: StartedCloud): Promise<void> {
  const [alb, fc] = [await lastCall(cloud), (await cloud.calls('fc')).at(-1)?.seq ?? 0];
  await cloud.kill('forwarder');
  await cloud.revive('forwarder');
  const looked = async () => (await cloud.calls('fc', fc)).some((one) => one.params['function'] === 'albeit-dispatch');
  await until(looked, 'the look that a resync asks for', recoveredMs);
  await cloud.rest(recoveredMs);
  expect((await cloud.calls('alb', alb)).map((one) => one.action)).toEqual([]);
}

/** Removes the example's objects, kills meanwhile, and waits until nothing of them is left anywhere. */
export async function takeDown(cloud: StartedCloud, kills: readonly Kill[]): Promise<void> {
  const since = await lastCall(cloud);
  for (const { kind, metadata } of (await manifests((kind) => comings.includes(kind))).reverse()) {
    await cloud.kube.remove({ kind, namespace: metadata.namespace ?? '', name: metadata.name });
  }
  await strike(cloud, kills, since);
  const isGone = async () => (await cloud.records()).length === 0 && (await cloud.kube.list('AlbConfig')).items.length === 0;
  await until(isGone, 'no record and no AlbConfig', recoveredMs);
  await cloud.rest(recoveredMs);
  const held = await cloud.held();
  expect([held.loadBalancers, held.listeners, held.rules, held.serverGroups]).toEqual([[], [], [], []]);
}
