import { Lexer } from "yaml";
import { BODY_DEPTH_MAX } from "../../protocol/api/depth.ts";

/**
 * Whether a text of YAML or JSON has more brackets within each other than any body: the parser would spend seconds on
 * them and then end its stack.
 */
export function isTextDeeper(text: string): boolean {
  // Brackets within words count here too: the exact way costs as much as a fifth of the parser's time.
  return isDeep(text.matchAll(/[[\]{}]/g), ([bracket]) => bracket) && isDeep(tokensOf(text), same);
}

function tokensOf(text: string): Iterable<string> {
  return new Lexer().lex(text);
}

function same(token: string): string {
  return token;
}

function isDeep<Item>(items: Iterable<Item>, tokenOf: (item: Item) => string): boolean {
  let depth = 0;
  for (const item of items) {
    const token = tokenOf(item);
    if (token === "[" || token === "{") depth += 1;
    else if (token === "]" || token === "}") depth = Math.max(0, depth - 1);
    if (depth > BODY_DEPTH_MAX) return true;
  }
  return false;
}
