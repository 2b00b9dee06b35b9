/** Emits what a connection tells. What a listener throws is an uncaught exception, and not the end of the connection. */
import type { EventEmitter } from 'node:events';
import { type BinaryType, binaryOf, messageBuffer } from './data.ts';
import { throwOutside } from './errors.ts';

export function emit(socket: EventEmitter, name: string, ...values: unknown[]): void {
  try {
    socket.emit(name, ...values);
  } catch (error) {
    throwOutside(error);
  }
}

export function emitMessage(socket: EventEmitter, data: Uint8Array, isText: boolean, type: BinaryType): void {
  try {
    socket.emit('message', isText ? messageBuffer(data) : binaryOf(data, type), !isText);
  } catch (error) {
    throwOutside(error);
  }
}
