/**
 * What tools can subscribe to by `node:diagnostics_channel`, without a line in the application. A channel that nobody
 * subscribes to costs nothing.
 */
import { type Channel, channel } from 'node:diagnostics_channel';

export const diagnostics: Readonly<Record<'open' | 'close' | 'error' | 'ping' | 'pong', Channel>> = {
  /** `{ socket }`: a connection is open, accepted or a client's. */
  open: channel('barewire:open'),
  /** `{ socket, info }`: it is gone, or never opened. `socket.traffic` has the counts. */
  close: channel('barewire:close'),
  /** `{ socket, error }`: it failed: a rule was broken, a limit was passed, a handler threw, TCP had an error. */
  error: channel('barewire:error'),
  /** `{ socket, payload }`: a Ping has come. */
  ping: channel('barewire:ping'),
  /** `{ socket, payload, roundTripMs }`: a Pong has come; the time is that of the last Ping that was answered. */
  pong: channel('barewire:pong'),
};
