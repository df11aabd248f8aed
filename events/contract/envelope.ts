/**
 * How a message travels: a CloudEvents 1.0 envelope as JSON, signed. The queue adapter makes base64 of it. `encode` and `decode` are the
 * only two ways in and out; whatever cannot be trusted comes back as a refusal with a code of the error table, never as an exception.
 */
import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { keyText, type Message, message } from './messages.ts';
import { isSignedBy, type KeyRing, signContent } from './signature.ts';

/** The queue takes 65536 bytes of base64, which is 49152 bytes of text. */
export const maximumTextBytes = 49_152;

const label = z.string().check(z.minLength(1), z.maxLength(256));

// Loose: an attribute that a later version adds is covered by the signature and otherwise no business of ours.
const envelope = z.looseObject({
  specversion: z.literal('1.0'),
  id: label,
  source: label,
  type: label,
  subject: z.string().check(z.minLength(1), z.maxLength(1024)),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  attempt: z.int().check(z.nonnegative()),
  traceparent: z.optional(z.string().check(z.regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/))),
  albeitkeyid: label,
  signature: label,
  data: z.looseObject({ version: z.int(), key: z.looseObject({ cluster: label }) }),
});
type Envelope = z.infer<typeof envelope>;

export interface EncodeOptions {
  /** Must have a signing key. */
  readonly ring: KeyRing;
  /** Who sends: `forwarder`, `dispatch`, `cli`. */
  readonly sender: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** W3C trace context to go on with. */
  readonly traceparent?: string | undefined;
  /** Absent: a new one. */
  readonly id?: string;
}

/** The signed envelope of a message. Throws when the ring cannot sign or the result is over the limit: both are bugs of the caller. */
export function encode(content: Message, options: EncodeOptions): string {
  const key = options.ring.sign;
  if (key === undefined) throw new Error('this key ring has no signing key');
  const unsigned = {
    specversion: '1.0',
    id: options.id ?? randomUUID(),
    source: `/albeit/${content.key.cluster}/${options.sender}`,
    type: content.type,
    subject: keyText(content.key),
    time: new Date(options.now).toISOString(),
    datacontenttype: 'application/json',
    attempt: content.attempt,
    ...(options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
    albeitkeyid: key.id,
    data: content,
  };
  const text = JSON.stringify({ ...unsigned, signature: signContent(unsigned, key) });
  if (Buffer.byteLength(text) > maximumTextBytes) throw new RangeError(`a message is longer than ${maximumTextBytes} bytes`);
  return text;
}

/** Why a message is not acted on. Codes are rows of the error table; `facts` fill its sentences. */
export interface Refusal {
  readonly kind: 'refuse';
  readonly code: 'MESSAGE-MALFORMED' | 'MESSAGE-FORGED' | 'MESSAGE-FOREIGN' | 'MESSAGE-VERSION';
  readonly facts: Readonly<Record<string, string>>;
}

export interface Accepted {
  readonly kind: 'ok';
  readonly message: Message;
  /** Of the envelope, for logs. */
  readonly id: string;
  readonly traceparent?: string;
}

const refuse = (code: Refusal['code'], facts: Refusal['facts']): Refusal => ({ kind: 'refuse', code, facts });
const malformed = (detail: string): Refusal => refuse('MESSAGE-MALFORMED', { detail });
const fieldsOf = (issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string =>
  issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`)
    .join('; ');

/** Opens an envelope for the functions of `cluster`. Never throws, whatever the text. */
export function decode(text: string, ring: KeyRing, cluster: string): Accepted | Refusal {
  if (Buffer.byteLength(text) > maximumTextBytes) return malformed(`longer than ${maximumTextBytes} bytes`);
  const parsed = envelope.safeParse(parseJson(text));
  if (!parsed.success) return malformed(fieldsOf(parsed.error.issues));
  const found = parsed.data;
  // Before the signature: every cluster has its own keys, so the message of another could only ever look forged.
  const foreign = found.data.key.cluster;
  if (foreign !== cluster) return refuse('MESSAGE-FOREIGN', { cluster: foreign, own: cluster });
  try {
    return forgery(found, ring) ?? open(found);
  } catch (error) {
    // The canonical form is made recursively: thousands of nested lists exhaust the stack.
    return malformed(error instanceof RangeError ? 'nested too deeply' : 'cannot be verified');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function forgery(found: Envelope, ring: KeyRing): Refusal | undefined {
  const { signature, ...content } = found;
  const key = ring.accept.find((one) => one.id === found.albeitkeyid);
  if (key === undefined) return refuse('MESSAGE-FORGED', { detail: 'its key is not one of ours' });
  if (!isSignedBy(content, signature, key)) return refuse('MESSAGE-FORGED', { detail: 'its signature does not match its content' });
  if (key.use === 'replay' && found.type !== 'albeit.object.changed') {
    return refuse('MESSAGE-FORGED', { detail: `its key may not sign ${found.type}` });
  }
  return undefined;
}

function open(found: Envelope): Accepted | Refusal {
  if (found.data.version !== 1) return refuse('MESSAGE-VERSION', { version: String(found.data.version) });
  const content = message.safeParse(found.data);
  if (!content.success) return malformed(fieldsOf(content.error.issues));
  const agrees = found.type === content.data.type && found.subject === keyText(content.data.key) && found.attempt === content.data.attempt;
  if (!agrees) return malformed('the envelope says something else than its content');
  return {
    kind: 'ok',
    message: content.data,
    id: found.id,
    ...(found.traceparent === undefined ? {} : { traceparent: found.traceparent }),
  };
}
