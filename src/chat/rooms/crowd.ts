/** Whether a room has very many members. Then what is said goes out once a tick, and each member may seldom speak. */
import type { Limits } from '../limits.ts';
import { KeyedBuckets } from '../rate-limit.ts';

/** A crowd ends below this share of the members with which it began, so that it does not change at each who comes and goes. */
const ENDS_AT = 0.8;

export class Crowd {
  readonly #limits: Limits;
  readonly #speakers: KeyedBuckets;
  #isOn = false;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#speakers = new KeyedBuckets(limits.crowdPerSecond, Math.max(1, limits.crowdPerSecond));
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** What members are told of it. */
  get message(): object {
    const { crowdTickMs, crowdPerSecond, perSecond } = this.#limits;
    return this.#isOn
      ? { type: 'crowd', on: true, tickMs: crowdTickMs, perSecond: crowdPerSecond }
      : { type: 'crowd', on: false, tickMs: 0, perSecond };
  }

  /** There are so many members now. @returns whether that has changed it */
  count(members: number): boolean {
    const before = this.#isOn;
    this.#isOn = members >= this.#limits.crowd * (before ? ENDS_AT : 1);
    return this.#isOn !== before;
  }

  /** Somebody wants to say something. @returns 0, or the milliseconds to wait */
  speak(member: string): number {
    return this.#isOn ? this.#speakers.take(member) : 0;
  }
}
