/** A case of a vector file: `id`, `kind` and whatever its area needs; each area's driver reads its own fields. */
export type Vector = Readonly<Record<string, unknown>> & { readonly id: string };

/** One thing that was not as expected. */
export interface Mismatch {
  /** Name of the result, as `delay_ms` or `steps[2].state`. */
  readonly what: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/**
 * Drives the function that a case is about and compares; no mismatch: the case passed. It must look at every field of
 * the case's `expect` (`compareExpected` sees to that). What it throws fails the case with its message.
 */
export type AreaDriver = (vector: Vector) => readonly Mismatch[];

/** The same where the function is asked over the network. */
export type NetworkAreaDriver = (vector: Vector) => Promise<readonly Mismatch[]>;

/** For a `kind` that the driver does not know: a failure, never a case that is passed over. */
export function unknownKind(vector: Vector): never {
  throw new Error(`no driver for kind ${JSON.stringify(vector["kind"])}`);
}
