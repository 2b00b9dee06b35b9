/** What has gone through a connection: always counted, never reset. Payload is what messages hold, before compression. */
export interface Traffic {
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly payloadBytesSent: number;
  readonly payloadBytesReceived: number;
  /** Frames of all kinds with their headers, queued or written. */
  readonly wireBytesSent: number;
  /** Frames of all kinds with their headers, read. */
  readonly wireBytesReceived: number;
}
