/** The one array without bytes: for every field that holds none. */
export const EMPTY: Uint8Array = new Uint8Array(0);
