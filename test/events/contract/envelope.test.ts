import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, maximumTextBytes } from '#events/contract/envelope.ts';
import { chainSteps, type Message, phases, reasons } from '#events/contract/messages.ts';
import { type KeyRing, readKeyRing } from '#events/contract/signature.ts';

const secretOf = () => randomBytes(32).toString('base64');
const ringOf = (sign: string, keys: Readonly<Record<string, string>>, replay: readonly string[] = []): KeyRing =>
  readKeyRing(
    JSON.stringify({
      sign,
      keys: Object.entries(keys).map(([id, secret]) => ({ id, secret, use: replay.includes(id) ? 'replay' : 'all' })),
    }),
  );
const old = secretOf();
const young = secretOf();
const ring = ringOf('old', { old });

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const albConfig = fc.record({ kind: fc.constant('AlbConfig' as const), cluster: fc.constant('c-1'), name });
const attempt = fc.nat({ max: 1000 });
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant('albeit.object.changed' as const),
    version: fc.constant(1 as const),
    key: albConfig,
    reason: fc.constantFrom(...reasons),
    attempt,
  }),
  fc.record({
    type: fc.constant('albeit.step.requested' as const),
    version: fc.constant(1 as const),
    key: albConfig,
    step: fc.constantFrom(...chainSteps),
    phase: fc.constantFrom(...phases),
    chain: fc.string({ minLength: 1, maxLength: 20 }),
    attempt,
  }),
  fc.record({
    type: fc.constant('albeit.members.requested' as const),
    version: fc.constant(1 as const),
    key: fc.record({ kind: fc.constant('Service' as const), cluster: fc.constant('c-1'), namespace: name, name }),
    attempt,
  }),
);
const changed: Message = {
  type: 'albeit.object.changed',
  version: 1,
  key: { kind: 'AlbConfig', cluster: 'c-1', name: 'cafe' },
  reason: 'modified',
  attempt: 0,
};
const sealed = (content: Message, by = ring): string => encode(content, { ring: by, sender: 'test', now: 0 });

describe('envelope', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(anyMessage, (content) => {
        expect(decode(sealed(content), ring, 'c-1')).toMatchObject({ kind: 'ok', message: content });
      }),
    );
  });

  it('carries the trace', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(decode(encode(changed, { ring, sender: 'test', now: 0, traceparent }), ring, 'c-1')).toMatchObject({ traceparent });
  });

  it('refuses every change of any member as forged or malformed, but never accepts it', () => {
    const members = Object.keys(JSON.parse(sealed(changed)));
    fc.assert(
      fc.property(fc.constantFrom(...members, 'extra'), fc.jsonValue(), (member, value) => {
        const whole = JSON.parse(sealed(changed));
        fc.pre(JSON.stringify(whole[member]) !== JSON.stringify(value));
        whole[member] = value;
        expect(decode(JSON.stringify(whole), ring, 'c-1').kind).toBe('refuse');
      }),
    );
  });

  it('does not mind the order of members', () => {
    const turned = Object.fromEntries(Object.entries(JSON.parse(sealed(changed))).reverse());
    expect(decode(JSON.stringify(turned), ring, 'c-1').kind).toBe('ok');
  });

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => decode(text, ring, 'c-1').kind === 'refuse'));
    fc.assert(fc.property(fc.json(), (text) => decode(text, ring, 'c-1').kind === 'refuse'));
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const whole = sealed(changed);
    expect(decode(`${whole.slice(0, -1)},"extra":${deep}}`, ring, 'c-1')).toMatchObject({ code: 'MESSAGE-MALFORMED' });
  });

  it('refuses a text that no queue could have carried', () => {
    const whole = sealed(changed);
    expect(decode(`${whole}${' '.repeat(maximumTextBytes)}`, ring, 'c-1')).toMatchObject({ code: 'MESSAGE-MALFORMED' });
  });

  it('tells a message of another cluster from a forged one', () => {
    expect(decode(sealed(changed), ring, 'c-2')).toMatchObject({ code: 'MESSAGE-FOREIGN', facts: { cluster: 'c-1', own: 'c-2' } });
  });

  it('tells a message of a later version from a malformed one', () => {
    // A sender of the future: its content is not of today's type.
    const later = { ...changed, version: 2 } as unknown as Message;
    expect(decode(sealed(later), ring, 'c-1')).toMatchObject({ code: 'MESSAGE-VERSION', facts: { version: '2' } });
  });
});

describe('rotation of keys', () => {
  const both = ringOf('young', { old, young });

  it('accepts old and new while both are known, and the old no more afterwards', () => {
    expect(decode(sealed(changed), both, 'c-1').kind).toBe('ok');
    expect(decode(sealed(changed, both), both, 'c-1').kind).toBe('ok');
    const after = ringOf('young', { young });
    expect(decode(sealed(changed, both), after, 'c-1').kind).toBe('ok');
    expect(decode(sealed(changed), after, 'c-1')).toMatchObject({ code: 'MESSAGE-FORGED' });
  });

  it('does not accept a key id with the secret of another', () => {
    const impostor = ringOf('old', { old: young });
    expect(decode(sealed(changed, impostor), ring, 'c-1')).toMatchObject({ code: 'MESSAGE-FORGED' });
  });

  it('lets the replay key cause a re-read and nothing else', () => {
    const cli = ringOf('cli', { cli: secretOf() }, ['cli']);
    fc.assert(
      fc.property(anyMessage, (content) => {
        const kind = decode(sealed(content, cli), cli, 'c-1').kind;
        expect(kind).toBe(content.type === 'albeit.object.changed' ? 'ok' : 'refuse');
      }),
    );
  });
});

describe('reading a key ring', () => {
  it.each([
    ['no JSON', '{"sign":'],
    ['a short secret', JSON.stringify({ keys: [{ id: 'a', secret: Buffer.from('too short').toString('base64') }] })],
    ['two keys of one id', JSON.stringify({ keys: [1, 2].map(() => ({ id: 'a', secret: old })) })],
    ['a signing key that is not there', JSON.stringify({ sign: 'b', keys: [{ id: 'a', secret: old }] })],
    ['an unknown member', JSON.stringify({ keys: [{ id: 'a', secret: old }], more: 1 })],
  ])('refuses %s without showing the secret', (_, text) => {
    expect(() => readKeyRing(text)).toThrow(/^the signing keys are not valid/);
    try {
      readKeyRing(text);
    } catch (error) {
      expect(String(error)).not.toContain(old);
    }
  });
});
