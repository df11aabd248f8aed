/** Whole lists out of pages. A list is complete or it is an error: what is missing from a list is taken for deleted. */
import { AlbeitError } from '#shared/errors.ts';
import { failureOf } from './answers.ts';
import { collectionPath, listQuery } from './paths.ts';
import { type KindName, type KubeList, type KubeObject, kinds, type ListOptions } from './port.ts';
import type { Transport } from './transport.ts';

/** What kubectl asks for at once. */
const usualPageSize = 500;

interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly next: string;
}

/** Form of the objects that a list asks for, and what is kept of each. */
export interface Listing<T> {
  readonly accept?: string;
  /** Objects a page, where the usual 500 would be too much to have in memory at once. */
  readonly pageSize?: number;
  /** Called page by page, so that only what it returns is in memory when the list is long. */
  readonly keep: (object: KubeObject) => T;
}

/**
 * Lists a kind to the end. When the server forgets the list between two pages (410) it is begun once more; a second time is KUBE-AWAY.
 */
export async function listKept<T>(transport: Transport, kind: KindName, options: ListOptions, listing: Listing<T>): Promise<KubeList<T>> {
  const once = await listPages(transport, kind, options, listing);
  const list = once ?? (await listPages(transport, kind, options, listing));
  if (list === undefined)
    throw new AlbeitError('KUBE-AWAY', { detail: `the list of ${kinds[kind].plural} expired twice while it was read` });
  return list;
}

/** The same with whole objects. */
export const listAll = (transport: Transport, kind: KindName, options: ListOptions): Promise<KubeList<KubeObject>> =>
  listKept(transport, kind, options, { keep: (object) => object });

/** `undefined`: the list expired. */
async function listPages<T>(
  transport: Transport,
  kind: KindName,
  options: ListOptions,
  listing: Listing<T>,
): Promise<KubeList<T> | undefined> {
  const items: T[] = [];
  let page: Page = { items: [], resourceVersion: '', next: '' };
  do {
    const query = listQuery(options, { limit: String(listing.pageSize ?? usualPageSize), continue: page.next });
    const path = `${collectionPath(kind, options.namespace ?? '')}?${query}`;
    const answer = await transport.send({ method: 'GET', path, ...(listing.accept === undefined ? {} : { accept: listing.accept }) });
    if (answer.status === 410 && page.next !== '') return undefined;
    const found = answer.status === 200 ? readPage(answer.body) : undefined;
    if (found === undefined) throw failureOf(answer, 'list', kinds[kind].plural);
    for (const item of found.items) items.push(listing.keep(named(item, kind)));
    page = found;
  } while (page.next !== '');
  return { items, resourceVersion: page.resourceVersion };
}

/** Items of a list carry neither kind nor apiVersion; ours always do. */
const named = (item: KubeObject, kind: KindName): KubeObject => ({ ...item, apiVersion: kinds[kind].apiVersion, kind });

function readPage(body: unknown): Page | undefined {
  // Checked member by member right below.
  const { items, metadata } = (body ?? {}) as {
    readonly items?: unknown;
    readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown };
  };
  const resourceVersion = metadata?.resourceVersion;
  if (typeof resourceVersion !== 'string') return undefined;
  // Go writes an empty list of some kinds as null.
  if (!Array.isArray(items) && items !== null) return undefined;
  const next = metadata?.continue;
  return { items: items ?? [], resourceVersion, next: typeof next === 'string' ? next : '' };
}
