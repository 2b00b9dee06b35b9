/** A room: what anyone in it says, everyone in it hears, the speaker included. */
import type { WebSocket } from '../index.ts';

export class Room {
  readonly #members = new Set<WebSocket>();

  join(member: WebSocket): void {
    this.#members.add(member);
  }

  leave(member: WebSocket): void {
    this.#members.delete(member);
  }

  /** Sends a text to every member, verbatim and in the same order to all. */
  say(text: string): void {
    for (const member of this.#members) member.send(text);
  }
}
