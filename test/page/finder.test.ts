/** The way to a message that is further up: page by page, until it is there or cannot be. */
import { expect, test } from 'vitest';
import { Finder } from '../../public/finder.js';
import type { Room } from '../../public/room.js';

/** A log whose messages from `first` on are here; a page of ten more comes by `page`, unless there is no connection. */
function start(first: number) {
  const told: string[] = [];
  const log = { first, isOpen: true };
  const room = {
    isLoading: false,
    timeline: {
      get before() {
        return log.first > 1 ? log.first : undefined;
      },
    },
  } as unknown as Room;
  const finder = new Finder({
    reveal: (id) => {
      const isHere = Number(id) >= log.first;
      if (isHere) told.push(id);
      return isHere;
    },
    earlier: (one) => {
      one.isLoading = log.isOpen;
    },
    lost: () => told.push('lost'),
  });
  const page = () => {
    log.first = Math.max(1, log.first - 10);
    room.isLoading = false;
    finder.approach(room);
  };
  const goTo = (seq: number) => finder.goTo(room, String(seq), seq);
  return { told, log, room, finder, page, goTo };
}

test('it goes to what is here at once, and page by page to what is not', () => {
  const { told, room, finder, page, goTo } = start(100);
  goTo(120);
  expect(told).toEqual(['120']);
  goTo(75);
  expect([told.length, room.isLoading, finder.isSeeking(room)]).toEqual([1, true, true]);
  for (let pages = 0; pages < 3; pages++) page();
  expect(told).toEqual(['120', '75']);
  expect([room.isLoading, finder.isSeeking(room)]).toEqual([false, false]);
});

test('it says so when a message is too far up, is not there, or cannot be asked for', () => {
  const far = start(10_000);
  far.goTo(1);
  for (let pages = 0; pages < 50; pages++) {
    expect(far.told).toEqual([]);
    far.page();
  }
  expect(far.told).toEqual(['lost']);

  const gone = start(15);
  gone.finder.goTo(gone.room, 'no such id', undefined);
  expect(gone.told).toEqual(['lost']);
  gone.finder.goTo(gone.room, '-1', 1);
  for (let pages = 0; pages < 2; pages++) gone.page();
  expect(gone.told).toEqual(['lost', 'lost']);

  const offline = start(15);
  offline.log.isOpen = false;
  offline.goTo(1);
  expect(offline.told).toEqual(['lost']);
});

test('a page that the server refused is asked for again', () => {
  const { told, room, finder, page, goTo } = start(15);
  goTo(1);
  room.isLoading = false;
  finder.approach(room);
  expect([told.length, room.isLoading]).toEqual([0, true]);
  for (let pages = 0; pages < 2; pages++) page();
  expect(told).toEqual(['1']);
});

test('who has gone elsewhere is not brought back by a page that comes later', () => {
  const { told, room, finder, page, goTo } = start(15);
  goTo(1);
  finder.stop();
  expect(finder.isSeeking(room)).toBe(false);
  for (let pages = 0; pages < 2; pages++) page();
  expect(told).toEqual([]);
});
