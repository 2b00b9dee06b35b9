import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Folders of tests that are not the shell's: whatever else there is under test/ belongs to it. */
const NOT_SHELL = ['protocol', 'browser', 'autobahn', 'chat', 'cli', 'docs', 'package', 'page', 'wpt', 'ws'];

/**
 * What `npm run test:fast` leaves out, with the whole projects `project` and `browser` (they start processes): files that
 * take more than four seconds on two cores, by their names, for they may move to another folder. They wait for real
 * timeouts, fill real queues or measure memory. All other commands run them.
 */
const SLOW = [
  'security-checklist', // 30 s of attacks on real servers, 8 s on the protocol
  'security-checklist-deflate', // 6 s: every byte of a message spoilt in every bit
  'topics', // 23 s: closing timeouts, 10,000 sockets
  'robustness', // 19 s: idle peers, slow peers
  'deflate', // 13 s: memory, and megabytes
  'broadcast', // 6 s: a member that reads nothing
  'long-messages', // 4 s
];

/** Written once, for two projects name it and both may be in one run. */
const NEEDS_DIST = path('./test/support/build.ts');

/** Tests run on src, not on dist; what starts the command runs on a dist that is built first. */
export default defineConfig(({ mode }) => {
  const exclude = [
    ...configDefaults.exclude,
    ...(mode === 'fast' ? SLOW.map((name) => `test/**/${name}.test.ts`) : []),
  ];
  return {
    resolve: {
      alias: {
        '#platform': path('./src/protocol/platform/node.ts'),
        'barewire/protocol': path('./src/protocol/index.ts'),
        'barewire/ws': path('./src/ws/index.ts'),
        barewire: path('./src/index.ts'),
      },
    },
    test: {
      reporters: ['default', path('./test/support/left-out-reporter.ts')],
      testTimeout: 20_000,
      hookTimeout: 30_000,
      // Most of the time is spent waiting for sockets: a machine of two cores has room for two files at once.
      maxWorkers: Math.max(2, availableParallelism() - 1),
      projects: [
        {
          extends: true,
          // Nothing here has a side effect, and half of the time would go into workers.
          test: { name: 'protocol', include: ['test/protocol/**/*.test.ts'], exclude, isolate: false },
        },
        {
          extends: true,
          test: {
            name: 'shell',
            include: ['test/**/*.test.ts'],
            exclude: [...exclude, `test/{${NOT_SHELL.join(',')}}/**`],
          },
        },
        {
          extends: true,
          test: {
            name: 'project',
            include: ['test/{autobahn,chat,cli,docs,package,page,wpt,ws}/**/*.test.ts'],
            globalSetup: NEEDS_DIST,
          },
        },
        {
          extends: true,
          test: {
            name: 'browser',
            include: ['test/browser/**/*.test.ts'],
            globalSetup: NEEDS_DIST,
            // Each wait in these tests has a limit of its own, 15 s mostly, and says what it has waited for. Without this, a test
            // of many short waits ends on a busy machine at one that is no slower than the others, and does not say at which.
            testTimeout: 60_000,
          },
        },
      ],
      coverage: {
        // `test:protocol` and `test:shell` narrow it to what their own tests must cover.
        include: [
          'src/protocol/**/*.ts',
          'src/{server,client,socket,transport,publish}/**/*.ts',
          'src/index.ts',
        ],
        reporter: ['text'],
        thresholds: {
          'src/protocol/**/*.ts': { branches: 100, functions: 100, lines: 100, statements: 100 },
          'src/{index.ts,{server,client,socket,transport,publish}/**/*.ts}': { branches: 97 },
        },
      },
    },
  };
});
