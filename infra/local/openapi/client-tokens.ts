/**
 * The table of client tokens: the same token with the same parameters gets the first answer again, and nothing is done twice. How long
 * the real service remembers, and whether a token counts per action or per account, is not published: both are settings.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from './service-error.ts';

type Answer = Readonly<Record<string, unknown>>;

export interface TokenRules {
  readonly clientTokenLifetimeMs: number;
  readonly clientTokenScope: 'action' | 'account';
}

interface Entry {
  readonly parameters: string;
  readonly at: number;
  readonly answer: Answer | undefined;
}

export interface ClientTokens {
  /** The first answer, if this call is a repetition; otherwise the token is marked as in progress. */
  begin(action: string, token: string, parameters: unknown): Answer | undefined;
  /** The call was done: its answer is kept for repetitions. */
  finish(action: string, token: string, answer: Answer): void;
  /** The call was refused: its token is free again. */
  abandon(action: string, token: string): void;
}

const fingerprint = (parameters: unknown): string => createHash('sha256').update(JSON.stringify(parameters)).digest('hex');

/** An empty table. `now` is in Unix milliseconds. */
export function createClientTokens(now: () => number, rules: () => TokenRules): ClientTokens {
  const entries = new Map<string, Entry>();
  const keyOf = (action: string, token: string) => (rules().clientTokenScope === 'action' ? `${action} ${token}` : token);
  const forget = () => {
    const before = now() - rules().clientTokenLifetimeMs;
    for (const [key, entry] of entries) {
      if (entry.at > before) return; // kept in order of arrival
      entries.delete(key);
    }
  };
  return {
    begin(action, token, parameters) {
      forget();
      const print = fingerprint([action, parameters]);
      const known = entries.get(keyOf(action, token));
      if (known === undefined) {
        entries.set(keyOf(action, token), { parameters: print, at: now(), answer: undefined });
        return undefined;
      }
      if (known.parameters !== print) {
        throw new ServiceError('IdempotentParameterMismatch', 'The client token was used with other parameters.');
      }
      if (known.answer === undefined)
        throw new ServiceError('IdempotenceProcessing', 'The first call with this token is still in progress.');
      return known.answer;
    },
    finish(action, token, answer) {
      const known = entries.get(keyOf(action, token));
      if (known !== undefined) entries.set(keyOf(action, token), { ...known, answer });
    },
    abandon: (action, token) => {
      entries.delete(keyOf(action, token));
    },
  };
}
