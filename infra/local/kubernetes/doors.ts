/** The doors for scripts and tests, on the API's own port: `/_/state`, `/_/journal`, `/_/faults`, `/_/settings`. */
import * as z from 'zod';
import type { Journal } from '../journal.ts';
import { badRequest, methodNotAllowed, unknownPath } from './api-error.ts';
import { readBody } from './body.ts';
import { answer, type Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';
import { type JsonMap, mapAt } from './json.ts';
import { settingsSchema } from './settings.ts';

export interface Doors {
  readonly journal: Journal;
  readonly faults: Faults;
}

type Door = (exchange: Exchange, doors: Doors) => void | Promise<void>;

/** Of a Secret only its identity: its data also stands in the annotation in which kubectl keeps what it applied. */
function masked(resource: string, object: JsonMap): JsonMap {
  if (resource !== '/secrets') return object;
  const { annotations: _annotations, ...metadata } = mapAt(object, 'metadata');
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: object['type'] ?? '' };
}

const state: Door = (exchange) => {
  const resources = Object.entries(exchange.api.store.everything()).map(([key, objects]) => [
    key.replace(/^\//, ''),
    objects.map((object) => masked(key, object)),
  ]);
  answer(exchange, 200, { version: String(exchange.api.store.version), watches: exchange.watches.size, ...Object.fromEntries(resources) });
};

const journal: Door = (exchange, doors) =>
  answer(exchange, 200, doors.journal.linesAfter(Number(exchange.query.get('after') ?? 0)), { 'content-type': 'application/x-ndjson' });

async function bodyOf(exchange: Exchange): Promise<unknown> {
  try {
    return JSON.parse(await readBody(exchange.request));
  } catch {
    throw badRequest('the body is not JSON');
  }
}

const refused = (error: unknown) => badRequest(error instanceof z.ZodError ? z.prettifyError(error) : String(error));

const faults: Door = async (exchange, doors) => {
  const body = await bodyOf(exchange);
  try {
    doors.faults.replace(body);
  } catch (error) {
    throw refused(error);
  }
  // A rule that closes watches means those which are running now.
  if (Array.isArray(body) && body.some((rule) => rule.kind === 'watch-close')) exchange.watches.cutAll();
  answer(exchange, 200, {});
};

const settings: Door = async (exchange) => {
  const parsed = settingsSchema.partial().safeParse(await bodyOf(exchange));
  if (!parsed.success) throw refused(parsed.error);
  Object.assign(exchange.api.settings, parsed.data);
  exchange.api.store.limitHistory(exchange.api.settings.watchHistory);
  answer(exchange, 200, { ...exchange.api.settings });
};

const doors: Readonly<Record<string, Readonly<Record<string, Door>>>> = {
  '/_/state': { GET: state },
  '/_/journal': { GET: journal },
  '/_/faults': { PUT: faults },
  '/_/settings': { PUT: settings },
};

/** Serves a path below `/_/`. */
export async function serveDoor(exchange: Exchange, path: string, given: Doors): Promise<void> {
  const door = doors[path];
  if (door === undefined) throw unknownPath();
  const serve = door[exchange.request.method ?? ''];
  if (serve === undefined) throw methodNotAllowed();
  await serve(exchange, given);
}
