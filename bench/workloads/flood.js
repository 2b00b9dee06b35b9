/** How long a quiet client waits beside peers that send as fast as they can. */
import { figuresOf, runOn } from './workload.js';

/** @typedef {import('./workload.js').Workload} Workload */

/** @returns {Workload} */
function flood(
  /** @type {string} */ name,
  /** @type {string} */ title,
  /** @type {string} */ kind,
  /** @type {{ words?: string[], peers?: number, names?: readonly import('./workload.js').Name[] }} */ {
    words = [],
    peers = 1,
    names = ['barewire', 'ws'],
  } = {},
) {
  return {
    name: `flood-${name}`,
    title: `The wait of a quiet client beside ${title}`,
    unit: 'answer',
    compares: 'worst',
    names,
    run: async (server, seconds) => {
      // Where ws is flooded, an answer may take more than a second.
      const parameters = { kind, peers, seconds: Math.max(3, seconds) };
      const result = await runOn(server, ['questions', ...words], 'flood', parameters);
      const told = /** @type {import('./workload.js').Rate & { p50: number, p99: number, worst: number }} */ (
        result
      );
      return { ...figuresOf(told), p50: told.p50, p99: told.p99, worst: told.worst };
    },
  };
}

/** @type {Workload[]} */
export const floods = [
  flood('bombs', 'a peer whose compressed messages of 1 KB have 1 MiB', 'bombs', { words: ['deflate'] }),
  flood('compressed', 'a peer that sends compressed texts of 1.5 KB', 'compressed', { words: ['deflate'] }),
  flood('plain', 'a peer that sends 20 B', 'plain'),
  flood('plain-20', '20 peers that send 20 B', 'plain', { peers: 20 }),
  flood('pings', 'a peer that sends Pings', 'pings'),
  flood('loop', 'a peer that sends 20 B to a `for await` loop', 'plain', {
    words: ['loop'],
    names: ['barewire'],
  }),
  flood('streams', 'a peer that sends 20 B to a web stream', 'plain', {
    words: ['streams'],
    names: ['barewire'],
  }),
];
