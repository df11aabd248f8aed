import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClientTokens, type TokenRules } from '#infra/local/openapi/client-tokens.ts';
import { ServiceError } from '#infra/local/openapi/service-error.ts';

const rules: TokenRules = { clientTokenLifetimeMs: 1000, clientTokenScope: 'action' };
const codeOf = (call: () => unknown): string => {
  try {
    call();
    return '';
  } catch (error) {
    return error instanceof ServiceError ? error.code : 'another error';
  }
};

describe('client tokens', () => {
  it('do the work once for every token and action, whatever the order of calls', () => {
    const call = fc.record({ action: fc.constantFrom('CreateA', 'CreateB'), token: fc.constantFrom('1', '2', '3'), body: fc.nat(1) });
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        const tokens = createClientTokens(
          () => 0,
          () => rules,
        );
        const first = new Map<string, { readonly body: number; readonly answer: { readonly id: number } }>();
        let made = 0;
        for (const { action, token, body } of calls) {
          const known = first.get(`${action} ${token}`);
          const begin = () => tokens.begin(action, token, { body });
          if (known !== undefined && known.body !== body) {
            expect(codeOf(begin)).toBe('IdempotentParameterMismatch');
            continue;
          }
          expect(begin()).toEqual(known?.answer);
          if (known !== undefined) continue;
          made += 1;
          first.set(`${action} ${token}`, { body, answer: { id: made } });
          tokens.finish(action, token, { id: made });
        }
      }),
    );
  });

  it('say so while the first call is in progress, and are free again when it was refused', () => {
    const tokens = createClientTokens(
      () => 0,
      () => rules,
    );
    tokens.begin('Create', 't', {});
    expect(codeOf(() => tokens.begin('Create', 't', {}))).toBe('IdempotenceProcessing');
    tokens.abandon('Create', 't');
    expect(tokens.begin('Create', 't', { other: true })).toBeUndefined();
  });

  it('are forgotten after their life-time', () => {
    let now = 0;
    const tokens = createClientTokens(
      () => now,
      () => rules,
    );
    tokens.begin('Create', 't', {});
    tokens.finish('Create', 't', { id: 1 });
    now = 999;
    expect(tokens.begin('Create', 't', {})).toEqual({ id: 1 });
    now = 1000;
    expect(tokens.begin('Create', 't', {})).toBeUndefined();
  });

  it('can count for the whole account', () => {
    const tokens = createClientTokens(
      () => 0,
      () => ({ ...rules, clientTokenScope: 'account' }),
    );
    tokens.begin('CreateA', 't', {});
    tokens.finish('CreateA', 't', {});
    expect(codeOf(() => tokens.begin('CreateB', 't', {}))).toBe('IdempotentParameterMismatch');
  });
});
