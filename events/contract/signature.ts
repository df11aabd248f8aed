/**
 * Who may speak for a cluster: HMAC-SHA-256 over the canonical form of an envelope. One key signs, several are accepted, so that keys can
 * be rotated without a gap: add the new key everywhere, let it sign, remove the old one when nothing signed by it is under way any more.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';

/** `all`: any message. `replay`: the command line's own key, whose messages may only cause a re-read (`albeit.object.changed`). */
type KeyUse = 'all' | 'replay';

export interface SigningKey {
  /** Stands in the envelope as `albeitkeyid`, so that a receiver need not try every key. */
  readonly id: string;
  readonly secret: Uint8Array;
  readonly use: KeyUse;
}

/** The keys of one cluster. `sign` is the one that this program signs with; receivers that never send need none. */
export interface KeyRing {
  readonly sign: SigningKey | undefined;
  readonly accept: readonly SigningKey[];
}

/** 32 bytes is the strength of SHA-256; anything shorter is a mistake in the secret's making. */
const minimumSecretBytes = 32;

const secret = z.string().check(
  z.regex(/^[A-Za-z0-9+/]+={0,2}$/),
  z.refine((text) => Buffer.from(text, 'base64').length >= minimumSecretBytes),
);
const keyId = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/));

const ringText = z
  .strictObject({
    sign: z.optional(keyId),
    keys: z.array(z.strictObject({ id: keyId, secret, use: z._default(z.enum(['all', 'replay']), 'all') })).check(z.minLength(1)),
  })
  .check(
    z.refine((ring) => new Set(ring.keys.map((key) => key.id)).size === ring.keys.length),
    z.refine((ring) => ring.sign === undefined || ring.keys.some((key) => key.id === ring.sign)),
  );

/**
 * Reads `{"sign":"k2","keys":[{"id":"k1","secret":"<base64, 32 bytes or more>"},{"id":"k2",…},{"id":"cli",…,"use":"replay"}]}`.
 * What is wrong is told by field only: the text is a secret and never stands in an error.
 */
export function readKeyRing(text: string): KeyRing {
  const parsed = ringText.safeParse(parseQuietly(text));
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.map(String).join('.') || 'the whole').join(', ');
    throw new Error(`the signing keys are not valid (at ${fields})`);
  }
  const accept = parsed.data.keys.map((key) => ({ id: key.id, secret: Buffer.from(key.secret, 'base64'), use: key.use }));
  return { sign: accept.find((key) => key.id === parsed.data.sign), accept };
}

// The message of JSON.parse quotes its input, which is a secret here.
function parseQuietly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Members sorted by name at every level and no white space: the same text for the same content, whoever wrote it in whatever order. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

const digest = (content: object, key: SigningKey): Buffer => createHmac('sha256', key.secret).update(canonicalJson(content)).digest();

/** Base64 signature of everything in `content`. */
export const signContent = (content: object, key: SigningKey): string => digest(content, key).toString('base64');

/** Compares in constant time, so that a forger learns nothing from how long it took. */
export function isSignedBy(content: object, signature: string, key: SigningKey): boolean {
  const given = Buffer.from(signature, 'base64');
  const wanted = digest(content, key);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
