/** No bytes: one array for all that hold none. */
export const EMPTY: Uint8Array = new Uint8Array(0);
