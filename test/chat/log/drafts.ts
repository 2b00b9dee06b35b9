/** Drafts, shortly written. */
import { randomUUID } from 'node:crypto';
import type { Draft, Entry, Watcher } from '../../../src/chat/log/room-log.ts';

export const ANNA = { id: 'anna', name: 'Anna' } as const;
export const BERT = { id: 'bert', name: '' } as const;

export function text(content: string, more: Partial<Draft> = {}): Draft {
  return { id: randomUUID(), author: ANNA, kind: 'text', text: content, ...more };
}

export function edit(target: number, content: string, more: Partial<Draft> = {}): Draft {
  return { ...text(content, more), kind: 'edit', target };
}

export function deletion(target: number, more: Partial<Draft> = {}): Draft {
  return { ...text('', more), kind: 'delete', target };
}

/** A watcher that notes everything. */
export class Notes implements Watcher {
  readonly hints: { epoch: string; entry: Entry }[] = [];
  readonly told_: string[] = [];
  doubts = 0;

  hint(epoch: string, entry: Entry): void {
    this.hints.push({ epoch, entry });
  }

  told(content: string): void {
    this.told_.push(content);
  }

  doubt(): void {
    this.doubts++;
  }

  get seqs(): number[] {
    return this.hints.map(({ entry }) => entry.seq);
  }
}

/** first, first + 1 … last */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
