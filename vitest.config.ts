import { defineConfig } from 'vitest/config';

// `interopDefault: false` makes a default import of a CommonJS SDK mean the same here as under Node and in the bundles.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    deps: { interopDefault: false },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
