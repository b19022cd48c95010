import type { FunctionName } from "./functions.ts";

export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean; readonly offset: number }
  /** `.a.b`, `$x.a`; "" is the dot itself, `$` the whole. */
  | {
      readonly kind: "path";
      readonly variable: string | null;
      readonly fields: readonly string[];
      readonly offset: number;
    }
  | {
      readonly kind: "call";
      readonly name: FunctionName;
      readonly args: readonly Expression[];
      readonly offset: number;
    };

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Expression }
  /** `:=` makes a variable of the block that it is in, `=` changes one. */
  | {
      readonly kind: "assign";
      readonly name: string;
      readonly isNew: boolean;
      readonly value: Expression;
    }
  | {
      readonly kind: "if" | "with";
      readonly value: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: "range";
      readonly index: string | null;
      readonly item: string | null;
      readonly value: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };
