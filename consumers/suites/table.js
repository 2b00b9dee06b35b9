/** The suites: where each is, which version was tried, and its own command, with a reporter that a program can read. */

/** @import { Command } from './command.js' */

/**
 * @typedef Suite
 * @property {string} repository
 * @property {string} tag
 * @property {string} [folder] where its commands run
 * @property {Record<string, Command>} commands
 */

/** The time of mocha is 2 s for each test, which a busy machine exceeds. */
const MOCHA = [
  'mocha',
  '--reporter',
  'xunit',
  '--reporter-option',
  'output={results}',
  '--exit',
  '--timeout',
  '10000',
];
const NODE = ['node', '--test', '--test-reporter', 'junit', '--test-reporter-destination', '{results}'];
const VITEST = ['vitest', 'run', '--reporter', 'junit', '--outputFile', '{results}'];
/** WebTransport is HTTP/3, by a native addon; it has nothing of ws. */
const WITHOUT_WEBTRANSPORT = ['--ignore', 'test/webtransport.mjs'];
const SOCKET_IO = 'https://github.com/socketio/socket.io';

/** @type {Record<string, Suite>} */
export const SUITES = {
  'engine.io': {
    repository: SOCKET_IO,
    tag: 'engine.io@6.6.9',
    folder: 'packages/engine.io',
    commands: {
      'engine.io': { command: [...MOCHA, ...WITHOUT_WEBTRANSPORT] },
      'engine.io with clients of version 3': {
        command: [...MOCHA, ...WITHOUT_WEBTRANSPORT],
        env: { EIO_CLIENT: '3' },
      },
    },
  },
  'engine.io-client': {
    repository: SOCKET_IO,
    tag: 'engine.io-client@6.6.6',
    folder: 'packages/engine.io-client',
    commands: {
      'engine.io-client': {
        command: [...MOCHA, '--require', 'test/support/hooks.js', 'test/index.js'],
      },
    },
  },
  'socket.io': {
    repository: SOCKET_IO,
    tag: 'socket.io@4.8.3',
    folder: 'packages/socket.io',
    commands: {
      'socket.io': { command: [...MOCHA, '--import=tsx', 'test/index.ts'] },
    },
  },
  'socket.io-client': {
    repository: SOCKET_IO,
    tag: 'socket.io-client@4.8.3',
    folder: 'packages/socket.io-client',
    commands: {
      'socket.io-client': {
        command: [...MOCHA, '--import=tsx', '--require', 'test/support/hooks.ts', 'test/index.ts'],
      },
    },
  },
  'socket.io-adapter': {
    repository: SOCKET_IO,
    tag: 'socket.io-adapter@2.5.8',
    folder: 'packages/socket.io-adapter',
    commands: {
      'socket.io-adapter': {
        command: [...MOCHA, '--import=tsx', 'test/index.ts', 'test/cluster-adapter.ts'],
      },
    },
  },
  'graphql-ws': {
    repository: 'https://github.com/enisdenjo/graphql-ws',
    tag: 'v6.2.0',
    commands: { 'graphql-ws': { command: VITEST } },
  },
  '@fastify/websocket': {
    repository: 'https://github.com/fastify/fastify-websocket',
    tag: 'v11.3.0',
    commands: { '@fastify/websocket': { command: NODE } },
  },
  'mqtt.js': {
    repository: 'https://github.com/mqttjs/MQTT.js',
    tag: 'v5.14.1',
    commands: {
      'mqtt.js over WebSocket': {
        command: [...NODE, '-r', 'esbuild-register', 'test/node/websocket_client.ts'],
      },
    },
  },
  trpc: {
    repository: 'https://github.com/trpc/trpc',
    tag: 'v11.18.0',
    commands: {
      trpc: {
        command: [
          ...VITEST,
          'server/websockets',
          'adapters/fastify',
          'server/transformer',
          'server/smoke',
          'tests/server/index.test',
          'useSubscription',
          'splitLink',
        ],
      },
    },
  },
  hocuspocus: {
    repository: 'https://github.com/ueberdosis/hocuspocus',
    tag: 'v3.4.4',
    commands: {
      // Without the extensions, which need Redis, S3 and a database.
      hocuspocus: {
        command: ['ava', '--tap', 'tests/server/**', 'tests/provider/**', 'tests/providerwebsocket/**'],
      },
    },
  },
  'http-proxy-3': {
    repository: 'https://github.com/sagemathinc/http-proxy-3',
    tag: 'v1.23.3',
    commands: { 'http-proxy-3': { command: VITEST, env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } } },
  },
  'webpack-dev-server': {
    repository: 'https://github.com/webpack/webpack-dev-server',
    tag: 'v6.0.0',
    commands: {
      'webpack-dev-server': {
        command: [
          ...[
            'node',
            '--import',
            './scripts/node-test-setup.mjs',
            '--experimental-test-module-mocks',
            '--test-force-exit',
          ],
          ...NODE.slice(1),
          'test/client/clients/WebsocketClient.test.js',
          'test/server/proxy-option.test.js',
          'test/e2e/web-socket-communication.test.js',
          'test/e2e/web-socket-server.test.js',
          'test/e2e/web-socket-server-url.test.js',
        ],
      },
    },
  },
};
