/** Channels of `node:diagnostics_channel`, for monitoring without a change in the application. Unused ones cost nothing. */
import { type Channel, channel } from 'node:diagnostics_channel';

export const diagnostics: Readonly<Record<'open' | 'close' | 'error' | 'ping' | 'pong', Channel>> = {
  /** `{ socket }`: a connection is open, on a server or a client. */
  open: channel('barewire:open'),
  /** `{ socket, info }`: a connection is gone, or never opened. `socket.traffic` has the counts. */
  close: channel('barewire:close'),
  /** `{ socket, error }`: a connection failed: a rule was broken, a limit exceeded, a handler threw, TCP had an error. */
  error: channel('barewire:error'),
  /** `{ socket, payload }`: a Ping has come. */
  ping: channel('barewire:ping'),
  /** `{ socket, payload, roundTripMs }`: a Pong has come; the time is that of the last answered Ping. */
  pong: channel('barewire:pong'),
};
