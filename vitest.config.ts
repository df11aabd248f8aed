import { configDefaults, defineConfig } from 'vitest/config';

// These start no program and change nothing of their process, so they share one: a process a file would double the time they take.
const together = [
  'test/*.test.ts',
  'test/{shared,events}/**/*.test.ts',
  'test/infra/deploy/**/*.test.ts',
  'test/{faults,functions,infra/local/alb}/**/*.test.ts',
  'test/scenarios/**/!(kills|local-cloud).test.ts',
];

// `interopDefault: false` makes a default import of a CommonJS SDK mean the same here as under Node and in the bundles.
export default defineConfig({
  test: {
    deps: { interopDefault: false },
    // One more than the two cores that there are at least: a good part of the time is spent waiting for programs to answer.
    maxWorkers: 3,
    // Generous: that the machine is busy is no failure.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'together', include: together, isolate: false } },
      { extends: true, test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, ...together] } },
    ],
  },
});
