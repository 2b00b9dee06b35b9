import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Tests run on src, not on dist; what starts the command runs on a dist that is built first. */
export default defineConfig({
  resolve: {
    alias: {
      '#platform': path('./src/protocol/platform/node.ts'),
      'barewire/protocol': path('./src/protocol/index.ts'),
      barewire: path('./src/index.ts'),
    },
  },
  test: {
    reporters: ['default', path('./test/support/left-out-reporter.ts')],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        // Nothing here has a side effect, and half of the time would go into workers.
        test: { name: 'protocol', include: ['test/protocol/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'shell',
          include: ['test/*.test.ts', 'test/{client,differential,interop,server,socket,whatwg}/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'project',
          include: ['test/{autobahn,chat,cli,docs,package}/*.test.ts'],
          globalSetup: path('./test/support/build.ts'),
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/*.test.ts'],
          globalSetup: path('./test/support/build.ts'),
          // A whole browser on a shared machine. Nothing else is tried again: a retry hides a bug.
          retry: process.env['CI'] === 'true' ? 2 : 0,
        },
      },
    ],
    coverage: {
      include: ['src/protocol/**/*.ts'],
      reporter: ['text'],
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
});
