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

/** The counts of a connection. */
export function trafficOf(received: Received, wireBytesReceived: number, sent: Sent): Traffic {
  return {
    messagesSent: sent.messages,
    messagesReceived: received.messagesReceived,
    payloadBytesSent: sent.payloadBytes,
    payloadBytesReceived: received.payloadBytesReceived,
    wireBytesSent: sent.wireBytes,
    wireBytesReceived,
  };
}

type Received = Pick<Traffic, 'messagesReceived' | 'payloadBytesReceived'>;

interface Sent {
  readonly messages: number;
  readonly payloadBytes: number;
  readonly wireBytes: number;
}
