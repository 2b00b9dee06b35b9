/** Topics: who on a server hears what. */

/**
 * Sockets that are sent to together: those of a topic, or all of a server. It is gone through far more often than it
 * changes, and as a list, which takes half of the time that a set does.
 */
export class Audience<Socket> {
  readonly members: Set<Socket> = new Set();
  #list: readonly Socket[] | undefined;

  /** The members as they are now. Who comes or goes later changes the next list, and not this one. */
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

/** The topics of one server. There are those that somebody has subscribed to, and no others. */
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

  /** Who has subscribed; undefined where nobody has. */
  get(topic: string): Audience<Socket> | undefined {
    return this.#audiences.get(topic);
  }
}
