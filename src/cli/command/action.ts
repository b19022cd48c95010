import type { Session } from "../session.ts";
import type { OptionTable, OptionValues } from "./option.ts";

/** Does the work and answers the exit code. */
export type Run<Values> = (session: Session, options: Values) => Promise<number>;

/** One action of an object, declared. The module that does it is loaded only when it runs. */
export interface Action {
  readonly summary: string;
  readonly options: OptionTable;
  /** Options whose value may stand alone, in this order. */
  readonly operands: readonly string[];
  /** The list that every word from the first that is no option on goes to, whatever it looks like; null: there is none. */
  readonly rest: string | null;
  /** Exit code of every error, wrong usage included; null: those of EXIT. */
  readonly errorExit: number | null;
  /** Whether it tells the address that it asks, and as whom. */
  readonly tellsRequest: boolean;
  readonly load: () => Promise<Run<Readonly<Record<string, unknown>>>>;
}

interface Declaration<Options extends OptionTable> {
  readonly summary: string;
  readonly options: Options;
  readonly operands?: readonly (keyof Options & string)[];
  readonly rest?: keyof Options & string;
  readonly errorExit?: number;
  readonly tellsRequest?: true;
  readonly load: () => Promise<Run<OptionValues<Options>>>;
}

/** Declares an action; the compiler compares its options with what its module takes. */
export function action<const Options extends OptionTable>(declared: Declaration<Options>): Action {
  const { summary, options, operands = [], rest = null, errorExit = null, load } = declared;
  const { tellsRequest = false } = declared;
  // The parser fills every declared option with a value of its kind, which the compiler cannot see.
  const anyLoad = load as unknown as Action["load"];
  return { summary, options, operands, rest, errorExit, tellsRequest, load: anyLoad };
}

export interface CommandObject {
  readonly summary: string;
  readonly actions: Readonly<Record<string, Action>>;
}
