import { defineConfig } from 'playwright/test';

/** A browser on a shared machine: nothing of its own on the network, and as root no sandbox of its own either. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])
];

const browser = process.env['HOLDFAST_BROWSER'];
const report = process.env['HOLDFAST_TEST_REPORT'];

export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: /\.(spec|e2e)\.ts$/,
  outputDir: 'test-results',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  reporter: report ? [['list'], ['json', { outputFile: report }]] : [['list']],
  use: {
    trace: 'retain-on-failure',
    launchOptions: { args: FLAGS, ...(browser ? { executablePath: browser } : {}) }
  }
});
