/** How one message is sent. */
export interface SendOptions {
  /** False sends the message uncompressed, even where compression was negotiated. @defaultValue true */
  readonly compress?: boolean;
  /** True sends bytes as a text message: they must be UTF-8, and need not be encoded. @defaultValue false */
  readonly text?: boolean;
  /**
   * False is a promise that the bytes are never changed, nor their memory transferred: the peer would get what is there then.
   * Those of more than 64 KiB go to the system without a copy, where they are neither compressed nor masked, and nothing waits
   * before them. @defaultValue true
   */
  readonly copy?: boolean;
}

/** No options. */
export const DEFAULT_OPTIONS: SendOptions = {};
