/** Sums of the counts of connections. */
import type { Traffic } from '../protocol/traffic.ts';

export const NO_TRAFFIC: Traffic = {
  messagesSent: 0,
  messagesReceived: 0,
  payloadBytesSent: 0,
  payloadBytesReceived: 0,
  wireBytesSent: 0,
  wireBytesReceived: 0,
};

export function sumOf(a: Traffic, b: Traffic = NO_TRAFFIC): Traffic {
  return {
    messagesSent: a.messagesSent + b.messagesSent,
    messagesReceived: a.messagesReceived + b.messagesReceived,
    payloadBytesSent: a.payloadBytesSent + b.payloadBytesSent,
    payloadBytesReceived: a.payloadBytesReceived + b.payloadBytesReceived,
    wireBytesSent: a.wireBytesSent + b.wireBytesSent,
    wireBytesReceived: a.wireBytesReceived + b.wireBytesReceived,
  };
}
