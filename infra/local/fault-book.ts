/** The faults an emulator was asked for with `PUT /_/faults`, and which of them a call meets. */
import * as z from 'zod';
import type { FaultRule } from './service.ts';

const faultRules = z.array(
  z.strictObject({
    match: z.strictObject({ action: z.string().exactOptional(), params: z.record(z.string(), z.string()).exactOptional() }),
    times: z.int().min(1).exactOptional(),
    kind: z.enum(['latency', 'throttle', 'error', 'lost-answer', 'failed-job', 'reset', 'html']),
    latencyMs: z.int().min(0).exactOptional(),
    code: z.string().exactOptional(),
    status: z.int().min(400).max(599).exactOptional(),
  }),
);

export interface FaultBook {
  /** Replaces all rules. Throws a ZodError when they are malformed. */
  replace(rules: unknown): void;
  /** The first rule that matches and has firings left; it is counted as fired. */
  take(action: string, params: Readonly<Record<string, string>>): FaultRule | undefined;
  /** The rules with what is left of their firings. */
  list(): readonly unknown[];
}

const matches = (match: FaultRule['match'], action: string, params: Readonly<Record<string, string>>): boolean =>
  (match.action === undefined || match.action === action) &&
  Object.entries(match.params ?? {}).every(([name, value]) => params[name] === value);

/** An empty book. */
export function createFaultBook(): FaultBook {
  let rules: { rule: FaultRule; left: number }[] = [];
  return {
    replace(wanted) {
      rules = faultRules.parse(wanted).map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }));
    },
    take(action, params) {
      const found = rules.find((one) => one.left > 0 && matches(one.rule.match, action, params));
      if (found !== undefined) found.left -= 1;
      return found?.rule;
    },
    list: () => rules.map((one) => ({ ...one.rule, ...(one.left === Number.POSITIVE_INFINITY ? {} : { left: one.left }) })),
  };
}
