/** Who is in a room, and who types there: in this process and in others. Nothing of it is kept. */
import { randomUUID } from 'node:crypto';
import type { Author } from '../log/room-log.ts';

/** Changes are told at most so often. */
const TELL_MS = 500;
/** How often other processes hear of the members here, and how long they believe it. */
const REPEAT_MS = 10_000;
const BELIEVE_MS = 30_000;
const TYPING_MS = 6_000;
/** In a room of more members there is only their count, and nobody is seen typing. */
const NAMED_MEMBERS = 100;
/** Other processes that are listened to. */
const MAX_PROCESSES = 100;

/** Names this process. */
const PROCESS = randomUUID();

interface Elsewhere {
  readonly count: number;
  readonly members: readonly Author[];
  readonly until: number;
}

interface PresenceMessage {
  readonly type: 'presence' | 'typing';
  readonly count?: number;
  readonly members?: readonly Author[];
}

export class Presence {
  readonly #publish: (message: PresenceMessage) => void;
  readonly #tell: (text: string) => void;
  /** Members by their id, with the number of their connections. */
  readonly #here = new Map<string, { readonly member: Author; connections: number }>();
  readonly #elsewhere = new Map<string, Elsewhere>();
  readonly #typing = new Map<string, { readonly member: Author; readonly until: number }>();
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  #toldAt = -Infinity;
  /** What was published last, by its type. */
  readonly #published = new Map<string, string>([
    ['typing', JSON.stringify({ type: 'typing', members: [] })],
  ]);

  /**
   * @param publish sends a message to the members in this process
   * @param tell tells other processes
   */
  constructor(publish: (message: PresenceMessage) => void, tell: (text: string) => void) {
    this.#publish = publish;
    this.#tell = tell;
  }

  enter(member: Author): void {
    const connections = (this.#here.get(member.id)?.connections ?? 0) + 1;
    this.#here.set(member.id, { member, connections }); // with the name that it has now
    this.#change();
  }

  leave({ id }: Author): void {
    const known = this.#here.get(id);
    if (known === undefined || --known.connections > 0) return;
    this.#here.delete(id);
    this.#typing.delete(id);
    this.#change();
  }

  /** Somebody types, here. Lasts 6 s, or until that member has said something. */
  type(member: Author, isTyping = true): void {
    if (this.#count() > NAMED_MEMBERS || (!isTyping && !this.#typing.has(member.id))) return;
    this.#tell(JSON.stringify({ process: PROCESS, typing: member, isTyping }));
    this.#setTyping(member, isTyping);
  }

  /** What another process has told. */
  told(text: string): void {
    const { process, typing, isTyping, count, members } = JSON.parse(text);
    if (process === PROCESS) return;
    if (typing !== undefined) {
      this.#setTyping(typing, isTyping);
    } else if (this.#elsewhere.has(process) || this.#elsewhere.size < MAX_PROCESSES) {
      const isNew = !this.#elsewhere.has(process);
      this.#elsewhere.set(process, { count, members, until: Date.now() + BELIEVE_MS });
      this.#change(isNew);
    }
  }

  /** What somebody is told who enters, or comes back and may have missed that nobody types any more. */
  messages(isBack: boolean): readonly PresenceMessage[] {
    return isBack || this.#typing.size > 0 ? [this.#whoIsHere, this.#whoTypes] : [this.#whoIsHere];
  }

  get #whoTypes(): PresenceMessage {
    return { type: 'typing', members: [...this.#typing.values()].map(({ member }) => member) };
  }

  get #whoIsHere(): PresenceMessage {
    const count = this.#count();
    if (count > NAMED_MEMBERS) return { type: 'presence', count };
    const members = new Map([...this.#here.values()].map(({ member }) => [member.id, member]));
    for (const { members: others } of this.#elsewhere.values()) {
      for (const member of others) members.set(member.id, member);
    }
    return { type: 'presence', count: members.size, members: [...members.values()] };
  }

  close(): void {
    this.#isDue = true; // for ever
    clearTimeout(this.#timer);
    this.#here.clear();
    this.#tellOthers();
  }

  #count(): number {
    let count = this.#here.size;
    for (const elsewhere of this.#elsewhere.values()) count += elsewhere.count;
    return count;
  }

  #setTyping(member: Author, isTyping: boolean): void {
    if (isTyping && this.#typing.size < NAMED_MEMBERS) {
      this.#typing.set(member.id, { member, until: Date.now() + TYPING_MS });
    } else {
      this.#typing.delete(member.id);
    }
    this.#change();
  }

  #change(isToldOthers = true): void {
    if (isToldOthers) this.#toldAt = -Infinity;
    if (this.#isDue) return;
    this.#isDue = true;
    this.#updateIn(TELL_MS);
  }

  #updateIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#update(), ms).unref();
  }

  /** Says what has changed, and comes again as long as anything may end by itself. */
  #update(): void {
    const now = Date.now();
    this.#isDue = false;
    for (const [id, { until }] of this.#typing) if (until <= now) this.#typing.delete(id);
    for (const [process, { until }] of this.#elsewhere) if (until <= now) this.#elsewhere.delete(process);
    if (now - this.#toldAt >= REPEAT_MS) this.#tellOthers();
    this.#publishIfNew(this.#whoIsHere);
    this.#publishIfNew(this.#whoTypes);
    this.#updateIn(this.#typing.size > 0 ? TELL_MS : REPEAT_MS);
  }

  #publishIfNew(message: PresenceMessage): void {
    const text = JSON.stringify(message);
    if (this.#published.get(message.type) === text) return;
    this.#published.set(message.type, text);
    this.#publish(message);
  }

  #tellOthers(): void {
    this.#toldAt = Date.now();
    const members = [...this.#here.values()].map(({ member }) => member).slice(0, NAMED_MEMBERS);
    this.#tell(JSON.stringify({ process: PROCESS, count: this.#here.size, members }));
  }
}
