import { z } from "@hono/zod-openapi";
import { parseDuration } from "../../model/duration.ts";
import { AMOUNT_EXPECTED, parseAmount } from "../../model/fleet/rolling.ts";
import { record, where } from "./field.ts";

const PAUSE_MAX_MS = 7 * 86_400_000;

/** A pause without an end. */
export const UNTIL_RESUMED = "resume";

export const AMOUNT = where(z.string(), (text) => parseAmount(text) !== null, {
  code: "InvalidPropertyValue",
  expected: AMOUNT_EXPECTED,
}).openapi({ example: "10%" });

const PAUSE = where(
  z.string(),
  (text) => {
    const pauseMs = parseDuration(text);
    return text === UNTIL_RESUMED || (pauseMs !== null && pauseMs >= 0 && pauseMs <= PAUSE_MAX_MS);
  },
  {
    code: "InvalidPropertyValue",
    expected: `a duration of at most 7 days as PT15M or 15m, or ${UNTIL_RESUMED}`,
  },
);

export const ROLLING = record({
  batch: AMOUNT.openapi({ description: "Nodes at the same time; a share is rounded down." }),
  canary: AMOUNT.optional().openapi({
    description: "A first batch of its own; its first failure stops the run.",
  }),
  pause: PAUSE.optional().openapi({
    description: "Between two batches; resume: until a person resumes the run; default: none.",
  }),
  batchFailures: AMOUNT.optional().openapi({
    description: "The failure within a batch with which no further node starts.",
  }),
  totalFailures: AMOUNT.optional().openapi({
    description: "The failure of the run with which no further node starts.",
  }),
}).openapi("RollingPolicy");
export type RollingBody = z.output<typeof ROLLING>;
