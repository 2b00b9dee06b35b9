/** What limits the figures. They are our own, and so are the workloads. */

/** @type {[about: string, notes: string[]][]} */
export const NOTES = [
  [
    'All of them',
    [
      'Workloads, servers and load were written by the authors of barewire. Each server is what its documentation shows for the task.',
      'A server has one core for everything, garbage collection and helper threads included, and the load has the other. Servers that use threads for a part of their work would answer more where cores are idle; their CPU time for a message would be the same.',
      'Everything goes over the loopback device, without TLS: a network would cost all of them the same on top, and ratios would be smaller.',
      'Connections are many or busy, never both, and messages of a workload have one length.',
      'The load is Node on bare sockets and often slower than what it measures. Then ratios are those of CPU time for a message (“by CPU”); a server that waits now and then wakes up more often for the same work, which costs the faster ones a little more.',
      'Text is what barewire, Bun and Node’s WebSocket hand out as strings, ws and uWebSockets.js as bytes. Where a workload says “as bytes”, barewire has a `bytes` handler, and Bun still makes strings. Long messages are binary, unless the workload says otherwise: long text costs those more who make strings of it.',
      '“Without a copy” is barewire with `copy: false`: the application promises that the bytes do not change. ws copies no long bytes, and asks for no promise.',
    ],
  ],
  [
    'ws',
    [
      'It has bufferutil, which it recommends. It has no utf-8-validate, because with a Node that has `buffer.isUtf8` (18.14 and later) it never loads it.',
      'The programs of the adapter are one file (`servers/ws.js`), which imports ws or `barewire/ws`.',
      'It writes each frame by itself, as it does unless its user corks the socket by hand around several. That is most of what bursts and rooms show.',
      'It compresses with the defaults of zlib and a context for each connection, in threads that share the one core; `threshold: 0` makes it compress everything, as the others do.',
      'Its client hands out bytes; barewire’s makes strings of the same messages, unless the workload says “as bytes”, and “by events” also an event of the browser’s kind for each, as Node’s does.',
    ],
  ],
  [
    'bare node:net',
    [
      'It is no WebSocket server: it looks at the first message of a connection and afterwards only counts bytes, and its answer was made beforehand. It is there to show what the sockets of Node cost.',
      'It uses them as anyone would, so a server that uses them better can be faster.',
    ],
  ],
  [
    'Bun',
    [
      'Another runtime, and a server in C++: JavaScript runs only in its handlers. An application’s own work may be faster or slower there than on Node.',
      'Its default for compression keeps no context from message to message on either side: it takes little memory, but repetitive messages are several times as large on the wire. The load compresses for it as it asks for. “With contexts” it is told to keep them, as barewire and ws do (`compress` and `decompress` are `dedicated`).',
    ],
  ],
  [
    'uWebSockets.js',
    [
      'Its authors publish it on GitHub only. This one is a copy that somebody else has put into the npm registry (uws-pack), and not the newest version; where its binary does not run, it is left out.',
      'Its limits for messages (16 KiB) and for what waits (64 KiB a connection) are raised to 16 MiB, as they are in Bun. `SHARED_COMPRESSOR` keeps no context either.',
    ],
  ],
  [
    'Node’s WebSocket',
    [
      'The one that is part of the Node that runs the benchmark. Before Node 22 it is experimental; run the benchmark with another Node to see another one.',
    ],
  ],
  [
    'Memory',
    [
      'What a process grows by in resident pages while connections are opened, after its garbage is collected as far as it can be (real servers get there after some seconds without load). What the kernel holds for a socket is not in it. Runtimes give pages back at different times, and take some in advance.',
    ],
  ],
  [
    'Latency',
    [
      'It is measured on one machine whose load generator is a JavaScript program too: the least that can be seen is its own pauses. The rate is half of what the CPU time that ws takes for a message allows, so faster servers are less than half busy.',
    ],
  ],
];
