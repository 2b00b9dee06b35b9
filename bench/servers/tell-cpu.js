/** Loaded into each server by `--import`: answers a message on its IPC channel with the CPU time it has used. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
// The channel alone must not keep the server alive.
process.channel?.unref();
