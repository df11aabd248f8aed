import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { deadLetterSchema } from '#events/contract/dead-letter.ts';
import { readDeliveries } from '#events/contract/deliveries.ts';
import { decode } from '#events/contract/envelope.ts';
import { keyText, message } from '#events/contract/messages.ts';
import { readKeyRing } from '#events/contract/signature.ts';

const folder = new URL('../../../events/contract/examples/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
const files = (prefix: string): string[] => readdirSync(folder).filter((file) => file.startsWith(prefix));
const ring = readKeyRing(read('ring.json'));

const deliveryExample = z.strictObject({
  about: z.string(),
  event: z.unknown(),
  subjects: z.array(z.string()),
  timers: z.array(z.string()).default([]),
  unreadable: z.number().default(0),
});

describe('examples of the contract', () => {
  it.each(files('message-'))('%s opens with the example keys', (file) => {
    const opened = decode(read(file), ring, 'c-local');
    expect(opened).toMatchObject({ kind: 'ok' });
  });

  it('has an example of every message type', () => {
    const shown = new Set(files('message-').map((file) => z.object({ type: z.string() }).parse(JSON.parse(read(file))).type));
    expect([...shown].sort()).toEqual(message.def.options.map((option) => option.shape.type.def.values[0]).sort());
  });

  it.each(files('delivery-'))('%s is read whole', (file) => {
    const example = deliveryExample.parse(JSON.parse(read(file)));
    const event = typeof example.event === 'string' ? example.event : JSON.stringify(example.event);
    const deliveries = readDeliveries(Buffer.from(event));
    const opened = deliveries.filter((one) => one.kind === 'text').map((one) => decode(one.text, ring, 'c-local'));
    expect(opened.map((one) => (one.kind === 'ok' ? keyText(one.message.key) : one.code))).toEqual(example.subjects);
    expect(deliveries.flatMap((one) => (one.kind === 'timer' ? [one.trigger] : []))).toEqual(example.timers);
    expect(deliveries.filter((one) => one.kind === 'unreadable')).toHaveLength(example.unreadable);
  });

  it('shows a dead letter', () => {
    expect(deadLetterSchema.safeParse(JSON.parse(read('dead-letter.json'))).success).toBe(true);
  });
});
