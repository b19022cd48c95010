/** Something that must always hold did not. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** Which rule it breaks. */
  readonly checker: string;

  constructor(checker: string, message: string) {
    super(message);
    this.checker = checker;
  }
}

/** Throws a violation of the rule unless it holds. The message is made only then. */
export function demand(holds: boolean, checker: string, message: () => string): void {
  if (!holds) throw new Violation(checker, message());
}
