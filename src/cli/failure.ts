/** Exit codes of the command line; a signal adds its number to 128. */
export const EXIT = {
  ok: 0,
  /** Refused, not found, no server, a file or an address that can not be used, or a task failed. */
  failed: 1,
  /** A word or option is unknown, missing, or has a value of the wrong form; nothing was sent. */
  usage: 2,
  interrupted: 130,
  closedPipe: 141,
} as const;

/** Something that the person at the keyboard can mend. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** What to do about it. */
  readonly fix: string;

  constructor(message: string, options: { readonly fix: string; readonly cause?: unknown }) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.fix = options.fix;
  }
}

/** Words or options that do not fit; the usage of the action is shown with it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Whoever read our output reads no longer, as `head` does. */
export class ClosedPipe extends Error {
  override readonly name = "ClosedPipe";
}
