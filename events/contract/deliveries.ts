/**
 * What a function is handed, in every shape that a trigger, a failure destination or a person gives it, reduced to the texts of our
 * envelopes. Shapes nest (the document of a failure destination holds a whole batch), so each is opened until an envelope appears.
 */

/** `text`: an envelope for `decode`. `timer`: a timer trigger fired. `unreadable`: no shape we know; it is refused with `raw` kept. */
export type Delivery =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'timer'; readonly trigger: string; readonly payload: string }
  | { readonly kind: 'unreadable'; readonly raw: string; readonly detail: string };

type Shape = Readonly<Record<string, unknown>>;

interface ShapeRow {
  readonly name: string;
  readonly is: (shape: Shape) => boolean;
  readonly open: (shape: Shape, depth: number) => readonly Delivery[];
}

/** Failure document, batch, event, data, body, base64: six levels are real; more is an attack. */
const deepest = 8;
/** Characters kept of something unreadable: enough to see what it was, and it fits a dead letter. */
const rawKept = 16_384;

const has = (shape: Shape, ...names: readonly string[]): boolean => names.every((name) => shape[name] !== undefined);

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value ?? '');
  } catch {
    // JSON.parse reads deeper nesting than JSON.stringify can write.
    return 'nested too deeply to be written down';
  }
}

/** In the order in which they are tried: the more particular first. */
const shapes: readonly ShapeRow[] = [
  {
    name: 'our own envelope, invoked directly or unwrapped',
    is: (shape) => typeof shape['type'] === 'string' && shape['type'].startsWith('albeit.'),
    open: (shape) => [{ kind: 'text', text: textOf(shape) }],
  },
  {
    name: 'the document of a failure destination',
    is: (shape) => has(shape, 'requestContext', 'requestPayload'),
    open: (shape, depth) => openValue(shape['requestPayload'], depth),
  },
  {
    name: 'queue trigger, schema RawData',
    is: (shape) => has(shape, 'messageBody'),
    open: (shape, depth) => openValue(shape['messageBody'], depth),
  },
  {
    name: 'queue trigger, schema CloudEvents',
    is: (shape) => has(shape, 'specversion', 'data'),
    open: (shape, depth) => openValue(shape['data'], depth),
  },
  {
    name: 'topic trigger, format JSON',
    is: (shape) => has(shape, 'TopicName', 'Message'),
    open: (shape, depth) => openValue(shape['Message'], depth),
  },
  {
    name: 'timer trigger',
    is: (shape) => has(shape, 'triggerTime', 'triggerName'),
    open: (shape) => [{ kind: 'timer', trigger: textOf(shape['triggerName']), payload: textOf(shape['payload']) }],
  },
];

/** Every message in the event. Never throws and never drops anything: what cannot be read is a delivery of its own. */
export function readDeliveries(event: Uint8Array): readonly Delivery[] {
  return openValue(Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString('utf8'), 0);
}

function openValue(value: unknown, depth: number): readonly Delivery[] {
  if (depth > deepest) return unreadable(value, 'nested too deeply');
  if (typeof value === 'string') return openText(value, depth + 1);
  if (Array.isArray(value)) return value.flatMap((one) => openValue(one, depth + 1));
  if (typeof value !== 'object' || value === null) return unreadable(value, 'neither an object nor a list');
  // An object that is not a list has members by name; which, the rows find out.
  const shape = value as Shape;
  const row = shapes.find((one) => one.is(shape));
  return row === undefined ? unreadable(value, 'a shape that no trigger has') : row.open(shape, depth + 1);
}

/** JSON, or base64 of JSON: a topic delivers the body as it was sent, and a queue trigger may be set not to decode. */
function openText(text: string, depth: number): readonly Delivery[] {
  const direct = parseStructure(text);
  if (direct !== undefined) return openValue(direct, depth);
  const decoded = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text) ? parseStructure(Buffer.from(text, 'base64').toString('utf8')) : undefined;
  return decoded === undefined ? unreadable(text, 'neither JSON nor base64 of JSON') : openValue(decoded, depth);
}

/** A JSON text may itself hold JSON text; a bare number or word is nothing. */
function parseStructure(text: string): object | string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' || (typeof value === 'object' && value !== null) ? value : undefined;
  } catch {
    return undefined;
  }
}

const unreadable = (value: unknown, detail: string): readonly Delivery[] => [
  { kind: 'unreadable', raw: textOf(value).slice(0, rawKept), detail },
];
