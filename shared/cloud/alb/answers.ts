/** What all nouns do with answers: tags, jobs, deletions of what is not there, and lists that one call does not hold. */
import { required } from '../caller.ts';
import { CloudFailure } from '../failure.ts';
import { type AlbAction, albActions } from './actions.ts';
import type { Started, Tags } from './port.ts';

interface SdkTag {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/** For `Tag.N`, in a stable order, so that the same request has the same parameters (a client token demands it). */
export const toTags = (tags: Tags): readonly { readonly key: string; readonly value: string }[] =>
  Object.keys(tags)
    .sort()
    .map((key) => ({ key, value: tags[key] ?? '' }));

export const fromTags = (tags: readonly SdkTag[] | undefined): Tags =>
  Object.fromEntries((tags ?? []).flatMap((tag) => (tag.key ? [[tag.key, tag.value ?? '']] : [])));

export const started = (action: AlbAction, answer: { readonly jobId?: string | undefined }): Started => ({
  jobId: required(answer.jobId, action, 'JobId'),
});

/** A deletion that finds nothing has reached its aim. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof CloudFailure && error.failure === 'not-found') return undefined;
    throw error;
  });
}

/** Cuts a list into what one call of the action takes. */
export function inBatches<T>(action: AlbAction, items: readonly T[]): readonly (readonly T[])[] {
  const size = albActions[action].batch ?? items.length;
  const count = Math.ceil(items.length / Math.max(1, size));
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** The same data without undefined members and without SDK classes, so that it compares equal to what was wanted. */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutUndefined(member)]));
}

/** The service says GRPC for what it takes as gRPC. */
export const protocolName = (name: string): string => (name.toLowerCase() === 'grpc' ? 'gRPC' : name);
