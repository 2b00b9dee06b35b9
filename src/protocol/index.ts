/** `barewire/protocol`: RFC 6455 without I/O, for servers, clients, browsers, tools and learners. */
export { CLOSE_CODE, mayBeSent, parseClosePayload, serializeClosePayload } from './close.ts';
export { Connection } from './connection.ts';
export type { ConnectionOptions } from './connection-options.ts';
export {
  BarewireError,
  ClosedError,
  type CloseFrame,
  HandshakeError,
  ProtocolError,
  UsageError,
  VIOLATIONS,
  type ViolationId,
} from './errors.ts';
export {
  type FrameHeader,
  frameHeaderLength,
  isControl,
  OPCODE,
  parseFrameHeader,
  type Role,
  serializeFrame,
  serializeFrameHeader,
} from './frame.ts';
export { FrameParser } from './frame-parser.ts';
export { acceptKey, isHandshakeKey, randomHandshakeKey } from './handshake/accept-key.ts';
export {
  type Agreement,
  type Offer,
  RESPONSE_FAILURES,
  type ResponseFailureId,
  requestHeaders,
  serializeRequest,
  verifyResponse,
} from './handshake/client.ts';
export {
  type Extension,
  type ExtensionParameter,
  hasToken,
  isToken,
  parseExtensions,
  parseTokenList,
  serializeExtensions,
} from './handshake/headers.ts';
export { isOrigin } from './handshake/origin.ts';
export { REFUSALS, Refusal, type RefusalId, serializeRefusal } from './handshake/refusal.ts';
export type { HandshakeRequest, HandshakeResponse, HeaderLines } from './handshake/request.ts';
export {
  type Grant,
  isAllowedHost,
  type Opening,
  serializeAcceptance,
  type VerifyOptions,
  verifyRequest,
} from './handshake/server.ts';
export { applyMask, randomMaskingKey } from './mask.ts';
export type { Message } from './message.ts';
export { Deflater } from './permessage-deflate/deflate.ts';
export { Inflater } from './permessage-deflate/inflate.ts';
export { INFLATE_RULES, InflateError } from './permessage-deflate/inflate-error.ts';
export type { CompressionOptions } from './permessage-deflate/message-compression.ts';
export {
  acceptOffer,
  agreementFor as deflateAgreementFor,
  type Compression,
  type DeflateAgreement,
  type DeflateTerms,
  offer as deflateOffer,
  verifyAnswer as verifyDeflateAnswer,
} from './permessage-deflate/negotiation.ts';
export { PreparedBatch } from './prepared-batch.ts';
export { PreparedMessage } from './prepared-message.ts';
export type { Receiver, Sink } from './receiver.ts';
export type { SendOptions } from './send-options.ts';
export { type State, TRANSITIONS, type Trigger, transition } from './state.ts';
export type { TracedFrame } from './traced-frame.ts';
export type { Traffic } from './traffic.ts';
export { Utf8Validator } from './utf8.ts';
