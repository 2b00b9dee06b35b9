/** Where messages that are bytes have their memory: the option `messageMemory`. */

/** As `Receiver.allocate`; undefined for the default. */
export type Allocator = ((byteLength: number) => Uint8Array) | undefined;

/** By the value of the option. From 65 bytes on memory of its own takes ten times as long as a part of Node's pool. */
export const ALLOCATORS: Readonly<Record<'own' | 'pool', Allocator>> = {
  own: undefined,
  pool: (byteLength) => Buffer.allocUnsafe(byteLength),
};
