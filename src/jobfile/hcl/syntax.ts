// What the parser makes of a text: the shape of bodies and expressions, nothing evaluated.
import type { Span } from "./source.ts";

/** Levels of expressions in each other; the parser refuses more, so nothing that walks them overflows. */
export interface Sized extends Span {
  readonly height: number;
}

export type BinaryOperator =
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

/** Where a line of a text begins, and how many of its UTF-16 units stand there as they are. */
export interface LineSyntax {
  readonly start: number;
  readonly verbatim: number;
}

export interface ForClause {
  /** Null: only the values are named. */
  readonly keyName: string | null;
  readonly valueName: string;
  readonly collection: Expression;
}

export interface ObjectEntry {
  readonly key: Expression;
  readonly value: Expression;
}

export interface Call {
  readonly name: string;
  readonly nameSpan: Span;
  readonly parameters: readonly Expression[];
  /** Whether the last argument is a list of arguments (`...`). */
  readonly isExpanded: boolean;
}

export interface ForObject extends ForClause {
  readonly key: Expression;
  readonly value: Expression;
  readonly condition: Expression | null;
  /** `...`: values of equal keys are collected in lists. */
  readonly isGrouping: boolean;
}

export type Expression = Sized &
  (
    | {
        readonly kind: "literal";
        readonly value: null | boolean | number | string;
        readonly lines?: readonly LineSyntax[];
      }
    | {
        readonly kind: "template";
        readonly parts: readonly TemplatePart[];
        readonly lines?: readonly LineSyntax[];
      }
    /** A template that is nothing but one `${}`: the value keeps its type. */
    | { readonly kind: "wrapped"; readonly inner: Expression }
    | { readonly kind: "list"; readonly items: readonly Expression[] }
    | { readonly kind: "object"; readonly entries: readonly ObjectEntry[] }
    | ({
        readonly kind: "forList";
        readonly value: Expression;
        readonly condition: Expression | null;
      } & ForClause)
    | ({ readonly kind: "forObject" } & ForObject)
    | {
        readonly kind: "conditional";
        readonly condition: Expression;
        readonly yes: Expression;
        readonly no: Expression;
      }
    | {
        readonly kind: "binary";
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: "unary"; readonly operator: "!" | "-"; readonly operand: Expression }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "attribute"; readonly target: Expression; readonly name: string }
    | { readonly kind: "index"; readonly target: Expression; readonly index: Expression }
    /** `each` is what is done to every item; in it the item is `splatItem`. */
    | { readonly kind: "splat"; readonly target: Expression; readonly each: Expression }
    | { readonly kind: "splatItem" }
    | ({ readonly kind: "call" } & Call)
    | { readonly kind: "group"; readonly inner: Expression }
  );

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly value: Expression }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly yes: readonly TemplatePart[];
      readonly no: readonly TemplatePart[];
    }
  | ({ readonly kind: "for"; readonly body: readonly TemplatePart[] } & ForClause);

export interface AttributeSyntax extends Span {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: Expression;
}

export interface LabelSyntax extends Span {
  readonly text: string;
}

export interface BlockSyntax extends Span {
  readonly type: string;
  readonly typeSpan: Span;
  readonly labels: readonly LabelSyntax[];
  readonly body: BodySyntax;
}

export interface BodySyntax extends Span {
  readonly attributes: ReadonlyMap<string, AttributeSyntax>;
  readonly blocks: readonly BlockSyntax[];
}
