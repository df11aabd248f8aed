import { mergeConfig } from 'vitest/config';
import { rowsOfPairs } from './test/support/switch-rows.ts';
import base from './vitest.config.ts';

// Beside the fast tests, those that take long or need more than Node: `*.long.ts`, beside the tests they belong to. What they need and do
// not find, they skip and name. What `npm test` takes samples of (points of death, random histories), they take whole.
const long = { name: 'long', include: ['test/**/*.long.ts'], testTimeout: 600_000, hookTimeout: 300_000 };

// The scenarios of routing, of servers and of deaths under each row of the ALB emulator's switches (`test/support/switches.ts`): any two of
// them turned, and not. Histories draw their rows themselves.
const rows = rowsOfPairs.map((row) => ({
  name: `switches ${row}`,
  include: [
    'test/scenarios/{routing,members}/**/*.test.ts',
    'test/scenarios/{probing,rule-orders,defects-rules,defects-groups,readiness-gates}.test.ts',
    'test/faults/crash-*.test.ts',
  ],
  isolate: false,
  // Samples of what is random do: there is one of them for each row.
  env: { ALB_SWITCHES: `row ${row}`, WHOLE_TESTS: '' },
}));

export default mergeConfig(base, {
  test: { env: { WHOLE_TESTS: '1' }, projects: [long, ...rows].map((test) => ({ extends: true as const, test })) },
});
