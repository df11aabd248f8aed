/** What the lists have in common: filters, tags, pages. */
import { cutPage } from '../openapi/pages.ts';
import type { Tag } from './records.ts';

/** A filter by tag: without a value, any value matches. */
export interface TagFilter {
  readonly Key: string;
  readonly Value?: string;
}

export interface PageParameters {
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** Several tags are combined with AND. */
export const hasTags = (tags: readonly Tag[], wanted: readonly TagFilter[] | undefined): boolean =>
  (wanted ?? []).every((filter) =>
    tags.some((tag) => tag.Key === filter.Key && (filter.Value === undefined || filter.Value === '' || tag.Value === filter.Value)),
  );

/** A list filter holds when it is absent or contains the value. */
export const isAmong = (wanted: readonly string[] | undefined, value: string): boolean => wanted === undefined || wanted.includes(value);

/** A scalar filter holds when it is absent, empty or equal. */
export const isEqual = (wanted: string | undefined, value: string): boolean => wanted === undefined || wanted === '' || wanted === value;

const defaultMaxResults = 20;

/** One page of records under their list name, with the fields every list answers. */
export function pageOf<R extends { readonly seq: number }>(
  listName: string,
  matching: readonly R[],
  parameters: PageParameters,
  show: (record: R) => unknown,
  order: 'oldest-first' | 'newest-first' = 'oldest-first',
): Readonly<Record<string, unknown>> {
  const { MaxResults = defaultMaxResults, NextToken, ...filters } = parameters;
  const page = cutPage(matching, { maxResults: MaxResults, nextToken: NextToken, question: [listName, filters], order });
  return {
    [listName]: page.items.map(show),
    MaxResults,
    TotalCount: page.total,
    ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
  };
}
