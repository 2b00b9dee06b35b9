/** Private members of ws that programs use all the same, where they cost nothing and mean what they mean in ws. */
import type { ReadyState } from './arguments.ts';
import { FrameSender, type Target } from './frame-sender.ts';

interface Socket extends Target {
  readonly readyState: ReadyState;
  /** Undefined on a server. */
  readonly url: string | undefined;
}

export interface PrivateMembers {
  /** Whether this is the server's end. To be set to false before `setSocket`, by programs that have done a client's handshake. */
  _isServer: boolean;
  readonly _readyState: ReadyState;
  /** Null before the connection is open. */
  readonly _sender: FrameSender | null;
}

export function definePrivateMembers({ prototype }: { readonly prototype: Socket }): void {
  Object.defineProperties(prototype, {
    _isServer: {
      configurable: true,
      get(this: Socket) {
        return this.url === undefined;
      },
      set(this: Socket, value: unknown) {
        Object.defineProperty(this, '_isServer', { value, writable: true, configurable: true });
      },
    },
    _readyState: {
      configurable: true,
      get(this: Socket) {
        return this.readyState;
      },
    },
    _sender: {
      configurable: true,
      get(this: Socket) {
        return this._socket === null ? null : new FrameSender(this);
      },
    },
  });
}
