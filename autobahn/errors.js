/** The exit codes of the runner; a signal ends it with 128 plus the signal's number, as shells do. */
export const EXIT = /** @type {const} */ ({ ok: 0, failed: 1, usage: 2, noTool: 3 });

/** A failure that its message explains completely: printed without a stack trace. */
export class RunError extends Error {
  /**
   * @param {string} message
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = EXIT.failed) {
    super(message);
    this.name = 'RunError';
    this.exitCode = exitCode;
  }
}
