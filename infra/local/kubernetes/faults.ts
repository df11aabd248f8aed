/** Faults that `PUT /_/faults` asks for: what a client of a real cluster meets on a bad day. */
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { unavailable } from './api-error.ts';
import type { Exchange } from './exchange.ts';

const faultRules = z.array(
  z.strictObject({
    match: z.strictObject({
      /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
      verb: z.string().optional(),
      /** Text that the path contains. */
      path: z.string().optional(),
    }),
    times: z.int().min(1).optional(),
    /** `cut-list`: half of the answer, then a reset. `watch-close`: every running watch is broken as well. */
    kind: z.enum(['error', 'reset', 'latency', 'cut-list', 'watch-close']),
    latencyMs: z.int().min(0).optional(),
  }),
);

type Fault = z.infer<typeof faultRules>[number];

export class Faults {
  #rules: { readonly rule: Fault; left: number }[] = [];

  /** Replaces all rules. Throws when they are malformed. */
  replace(rules: unknown): void {
    this.#rules = faultRules.parse(rules).map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }));
  }

  /** Lets the request meet its fault. False: it is over. */
  async meet(exchange: Exchange, verb: string, path: string): Promise<boolean> {
    const found = this.#rules.find(
      ({ rule, left }) => left > 0 && (rule.match.verb ?? verb) === verb && path.includes(rule.match.path ?? ''),
    );
    if (found === undefined) return true;
    found.left -= 1;
    return happen[found.rule.kind](exchange, found.rule);
  }
}

function reset(exchange: Exchange): boolean {
  exchange.request.socket.destroy();
  return false;
}

const happen: Readonly<Record<Fault['kind'], (exchange: Exchange, rule: Fault) => boolean | Promise<boolean>>> = {
  error: () => {
    throw unavailable('the server is currently unable to handle the request');
  },
  reset,
  latency: async (_exchange, rule) => {
    await delay(rule.latencyMs ?? 100);
    return true;
  },
  'cut-list': ({ response, request }) => {
    const end = response.end.bind(response);
    response.end = (chunk?: unknown) => {
      if (typeof chunk !== 'string') return end();
      response.write(chunk.slice(0, chunk.length / 2), () => request.socket.destroy());
      return response;
    };
    return true;
  },
  'watch-close': (exchange) => {
    exchange.watches.cutAll();
    return reset(exchange);
  },
};
