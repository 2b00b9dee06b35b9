/** What happens around the page: the network goes and comes, the tab is hidden, the machine sleeps, the page is put away. */

/** A timer that comes so much later than it should has slept. */
const TICK_MS = 5_000;
const SLEPT_MS = 15_000;

/**
 * @param {{ offline(): void, wake(): void, tick(): void, hidden(): void, away(): void, back(): void, moved(): void }} listener
 *   `wake`: nothing that was true before is to be believed; `tick`: time goes by, and the page is visible; `away` and `back`: the
 *   page leaves, or comes out of the back/forward cache; `moved`: to another fragment
 */
export function watchTheWorld(listener) {
  addEventListener('offline', () => listener.offline());
  addEventListener('online', () => listener.wake());
  addEventListener('hashchange', () => listener.moved());
  document.addEventListener('visibilitychange', () =>
    document.hidden ? listener.hidden() : listener.wake(),
  );
  addEventListener('pagehide', () => listener.away());
  addEventListener('pageshow', ({ persisted }) => persisted && listener.back());
  let last = Date.now();
  setInterval(() => {
    if (Date.now() - last > SLEPT_MS) listener.wake();
    else if (!document.hidden) listener.tick();
    last = Date.now();
  }, TICK_MS);
}
