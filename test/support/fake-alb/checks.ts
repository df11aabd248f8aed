/** Limits that the service enforces on any request. */
import { type AlbAction, albActions } from '#shared/cloud/alb/actions.ts';
import type { Tags } from '#shared/cloud/alb/port.ts';
import { type Changing, refuse } from './core.ts';

export function checkBatch(action: AlbAction, parameter: string, items: readonly unknown[]): void {
  if (items.length === 0) refuse(action, `MissingParam.${parameter}`, `${parameter} is required`);
  const limit = albActions[action].batch ?? Number.POSITIVE_INFINITY;
  if (items.length > limit) refuse(action, `IllegalParam.${parameter}`, `${parameter} holds ${items.length}, at most ${limit}`);
}

/** At most 20, keys 1-128, values at most 128, reserved beginnings refused. */
export function checkTags(action: AlbAction, tags: Tags): void {
  const entries = Object.entries(tags);
  const wrong =
    entries.length > 20 ||
    entries.some(([key, value]) => key === '' || key.length > 128 || value.length > 128 || /^(acs:|aliyun)|https?:\/\//.test(key));
  if (wrong) refuse(action, 'IllegalParam.Tag');
}

export function checkRange(action: AlbAction, parameter: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) refuse(action, `IllegalParam.${parameter}`, `${value} is not ${min}-${max}`);
}

/** One change at a time. */
export function checkStatus(action: AlbAction, kind: string, thing: Changing, stable: string): void {
  if (thing.status !== stable) refuse(action, `IncorrectStatus.${kind}`, `status is ${thing.status}`);
}

export function found<T>(action: AlbAction, kind: string, thing: T | undefined): T {
  return thing ?? refuse(action, `ResourceNotFound.${kind}`, '', 404);
}

export const hasTags = (tags: Tags, wanted: Tags): boolean => Object.entries(wanted).every(([key, value]) => tags[key] === value);
