import type { CliIo } from "../io.ts";

const CODES = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

export type Colour = keyof typeof CODES;

/** Text in a colour where a person looks at a terminal that has not asked for none. */
export function painter({ isTerminal, env }: CliIo): (text: string, colour: Colour) => string {
  const isColoured = isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return (text, colour) => (isColoured ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text);
}
