/** A member that talks: at its own pace, some with one message at a time, some with several on their way. */
import { randomUUID } from 'node:crypto';
import { Client } from '../client.js';
import { Follower } from '../follower.js';
import { between } from '../random.js';

/** Below the 10 that the server allows, so that what must be said again after a crash has room, too. */
const PER_SECOND = 7;
const EDITS = 0.05;
const DELETES = 0.02;

export class Writer {
  client;
  #truth;
  #options;
  #n = 0;
  #isQuiet = false;
  /** @type {{ target: number, targetId: string } | undefined} a message of its own to be changed */
  #own;

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {string} options.room
   * @param {string} options.cookie
   * @param {number} options.window how many messages may wait for their acknowledgement
   * @param {() => number} options.port
   * @param {() => number} options.random
   * @param {import('./truth.js').Truth} truth
   */
  constructor(options, truth) {
    this.#truth = truth;
    this.#options = options;
    const { name, room } = options;
    this.client = new Client({
      ...options,
      follower: new Follower(name, truth.judgeOf(room)),
      broken: (what) => truth.violation(what),
      onAck: (said, { epoch, seq }) => {
        truth.acknowledged(said.id, { room, epoch, seq });
        if (said.type === 'say') this.#own = { target: seq, targetId: said.id };
      },
      onError: (said, code) => {
        truth.refused(said.id);
        if (code === 'unavailable' || code === 'too-fast') return true;
        truth.violation(`${name}: ${said.type} of ${said.target ?? 'a text'} was refused: ${code}`);
        return false;
      },
    });
    this.#next();
  }

  /** Says nothing new. */
  quiet() {
    this.#isQuiet = true;
  }

  #next() {
    if (this.#isQuiet) return;
    if (this.client.waiting < this.#options.window) this.#say();
    const ms = between(this.#options.random, 0.5, 1.5) * (1_000 / PER_SECOND);
    setTimeout(() => this.#next(), ms);
  }

  #say() {
    const { name, room, random } = this.#options;
    const id = randomUUID();
    const n = this.#n++;
    const chance = random();
    const text = `${name} says ${n}: ${'blah '.repeat(Math.floor(random() * 20))}`;
    if (this.#own === undefined || chance >= EDITS + DELETES) {
      this.#truth.said(id, { writer: name, n, room, text }, undefined);
      return this.client.say({ type: 'say', room, id, text });
    }
    const target = this.#own;
    if (chance < EDITS) {
      this.#truth.said(id, { writer: name, n, room, text }, undefined);
      return this.client.say({ type: 'edit', room, id, ...target, text });
    }
    this.#own = undefined;
    this.#truth.said(id, { writer: name, n, room, text: '' }, target.target);
    return this.client.say({ type: 'delete', room, id, ...target });
  }
}
