/** Topics: which sockets of a server get what is published. */
import { kindOf } from '../protocol/errors.ts';

/**
 * Sockets that are sent to together, such as the subscribers of a topic. The list is read far more often than it changes, and
 * a loop over an array takes half the time of a loop over a set.
 */
export class Audience<Socket> {
  readonly members: Set<Socket> = new Set();
  #list: readonly Socket[] | undefined;

  /** The members as they are now. The array never changes: a socket that joins or leaves later is in the next one. */
  get list(): readonly Socket[] {
    this.#list ??= [...this.members];
    return this.#list;
  }

  add(socket: Socket): void {
    if (this.members.has(socket)) return; // the list is still right
    this.members.add(socket);
    this.#list = undefined;
  }

  delete(socket: Socket): void {
    if (this.members.delete(socket)) this.#list = undefined;
  }
}

/** The topics of one server. A topic exists while it has subscribers. */
export class Topics<Socket> {
  readonly #audiences = new Map<string, Audience<Socket>>();

  add(topic: string, socket: Socket): void {
    let audience = this.#audiences.get(topic);
    if (audience === undefined) {
      audience = new Audience();
      this.#audiences.set(topic, audience);
    }
    audience.add(socket);
  }

  delete(topic: string, socket: Socket): void {
    const audience = this.#audiences.get(topic);
    if (audience === undefined) return;
    audience.delete(socket);
    if (audience.members.size === 0) this.#audiences.delete(topic);
  }

  /** The subscribers; undefined when there are none. */
  get(topic: string): Audience<Socket> | undefined {
    return this.#audiences.get(topic);
  }
}

/** @throws {TypeError} for a topic that is not a string */
export function verifyTopic(topic: string): void {
  if (typeof topic !== 'string') throw new TypeError(`the topic must be a string, got ${kindOf(topic)}`);
}
