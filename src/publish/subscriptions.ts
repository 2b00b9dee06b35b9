/** The topics of one socket. */
import { UsageError } from '../protocol/errors.ts';
import { type Topics, verifyTopic } from './topics.ts';

export class Subscriptions<Socket> {
  /** The names of the topics. Always the same set. */
  readonly names: Set<string> = new Set();
  readonly #topics: Topics<Socket> | undefined;
  readonly #socket: Socket;

  /** @param topics those of the server; undefined on a client */
  constructor(topics: Topics<Socket> | undefined, socket: Socket) {
    this.#topics = topics;
    this.#socket = socket;
  }

  /**
   * @param isOpen whether the socket is open: otherwise only the arguments are checked
   * @throws {TypeError} for a topic that is not a string
   * @throws {UsageError} on a client
   */
  add(topic: string, isOpen: boolean): void {
    const topics = this.#topicsFor(topic);
    if (!isOpen) return;
    this.names.add(topic);
    topics.add(topic, this.#socket);
  }

  /** @throws as {@link add} */
  delete(topic: string): void {
    const topics = this.#topicsFor(topic);
    this.names.delete(topic);
    topics.delete(topic, this.#socket);
  }

  /** Leaves all topics. The names stay, for the handlers of the end. */
  leaveAll(): void {
    for (const topic of this.names) this.#topics?.delete(topic, this.#socket);
  }

  #topicsFor(topic: string): Topics<Socket> {
    verifyTopic(topic);
    if (this.#topics !== undefined) return this.#topics;
    throw new UsageError('a client has no topics: it is the server that publishes');
  }
}
