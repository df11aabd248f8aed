/** The doors of an emulator for scripts (`/_/…`): not part of the service's API, unsigned, loopback only. */
import * as z from 'zod';
import type { FaultBook } from '../fault-book.ts';
import type { Journal } from '../journal.ts';
import type { Incoming } from './incoming.ts';

interface DoorAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** What a door may answer instead of something that is JSON: a text to be sent as it is. */
export interface DoorDocument {
  readonly type: string;
  readonly document: string;
}

/** By method and path: `PUT /_/settings`. */
export type Doors = Readonly<Record<string, (body: unknown, query: ReadonlyMap<string, string>) => unknown>>;

/** The doors every emulator of an OpenAPI has; `state` and `settings` are the service's own. */
export const commonDoors = (journal: Journal, faults: FaultBook): Doors => ({
  'GET /_/faults': () => faults.list(),
  'PUT /_/faults': (body) => {
    faults.replace(body);
    return faults.list();
  },
  'GET /_/journal': (_body, query) => ({ lines: journal.linesAfter(Number(query.get('after') ?? 0)) }),
});

const json = (status: number, value: unknown): DoorAnswer => ({ status, type: 'application/json', text: JSON.stringify(value) });

const isDocument = (value: unknown): value is DoorDocument => typeof value === 'object' && value !== null && 'document' in value;

const isLines = (value: unknown): value is { readonly lines: string } =>
  typeof value === 'object' && value !== null && 'lines' in value && typeof value.lines === 'string';

/** Opens a door, which may take its time. A bad body or an unknown door is answered with a sentence. */
export async function openDoor(doors: Doors, incoming: Incoming): Promise<DoorAnswer> {
  const door = doors[`${incoming.method} ${incoming.path}`];
  if (door === undefined) {
    return json(404, {
      Code: 'NoSuchDoor',
      Message: `There is no ${incoming.method} ${incoming.path}; there are ${Object.keys(doors).join(', ')}.`,
    });
  }
  try {
    const body: unknown = incoming.body.length === 0 ? undefined : JSON.parse(incoming.body.toString('utf8'));
    const answer = await door(body, new Map(incoming.query));
    if (isDocument(answer)) return { status: 200, type: answer.type, text: answer.document };
    return isLines(answer) ? { status: 200, type: 'application/x-ndjson', text: answer.lines } : json(200, answer ?? {});
  } catch (error) {
    if (error instanceof z.ZodError) return json(400, { Code: 'InvalidDoorInput', Message: z.prettifyError(error) });
    if (error instanceof SyntaxError) return json(400, { Code: 'InvalidDoorInput', Message: 'The body is not JSON.' });
    throw error;
  }
}
