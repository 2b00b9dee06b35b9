/**
 * The key to the inner side of a WebSocket, for barewire's own modules: `new WebSocket(INTERNAL, inner, data)` makes an
 * accepted socket, `socket[INTERNAL]` is its {@link InnerSocket}. The package does not export it.
 */
export const INTERNAL: unique symbol = Symbol('barewire.internal');
