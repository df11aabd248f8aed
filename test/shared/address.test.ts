import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '#shared/address.ts';

describe('an address', () => {
  it.each([
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['10.64.1.1', '10.64.1.1'],
    ['', ''],
    ['eni-1', 'eni-1'],
    ['not:an:address', 'not:an:address'],
  ])('%s is %s', (written, canonical) => {
    expect(canonicalAddress(written)).toBe(canonical);
    expect(canonicalAddress(canonical)).toBe(canonical);
  });
});
