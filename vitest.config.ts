import { defineConfig } from 'vitest/config';

const DATABASE = { globalSetup: ['tests/support/global-setup.ts'], testTimeout: 30_000, hookTimeout: 60_000 };
/** Faults kill and stall what they share the machine with: after all others, one file at a time. */
const SERIAL = { ...DATABASE, fileParallelism: false, testTimeout: 180_000, hookTimeout: 180_000 };

const report = process.env['HOLDFAST_TEST_REPORT'];

export default defineConfig({
  test: {
    // An unhandled rejection fails the run by itself.
    setupFiles: ['tests/support/leaks.ts'],
    allowOnly: false,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      { extends: true, test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 20_000 } },
      { extends: true, test: { ...DATABASE, name: 'integration', include: ['tests/integration/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          ...SERIAL,
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          exclude: ['tests/faults/**/*.long.test.ts'],
          sequence: { groupOrder: 1 }
        }
      },
      {
        extends: true,
        test: {
          ...SERIAL,
          name: 'long',
          include: ['tests/faults/**/*.long.test.ts'],
          testTimeout: 1_800_000,
          sequence: { groupOrder: 2 }
        }
      }
    ]
  }
});
