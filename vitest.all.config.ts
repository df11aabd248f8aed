import { mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

// Beside the fast tests, those that take long or need more than Node: `*.long.ts`, beside the tests they belong to. What they need and do
// not find, they skip and name. What `npm test` takes samples of (points of death, random histories), they take whole.
const long = { name: 'long', include: ['test/**/*.long.ts'], testTimeout: 600_000, hookTimeout: 300_000 };

export default mergeConfig(base, { test: { env: { WHOLE_TESTS: '1' }, projects: [{ extends: true, test: long }] } });
