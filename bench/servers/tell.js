/** Loaded into each server by `--import`: tells on its IPC channel the CPU time it has used, or its resident memory. */
process.on('message', (what) => {
  if (what === 'memory') {
    globalThis.gc?.();
    process.send?.(process.memoryUsage.rss());
  } else {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  }
});
// The channel alone must not keep the server alive.
process.channel?.unref();
