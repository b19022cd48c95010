import { z } from "@hono/zod-openapi";
import { integer, oneOf, record, text, where } from "./field.ts";
import { flag, wholeNumber } from "./query.ts";
import { ROLLING } from "./rolling.ts";
import { ROWS_FIELDS } from "./user.ts";

const ARGUMENTS_MAX = 1_000;
const ARGUMENT_MAX_LENGTH = 32_768;
const NODES_MAX = 100_000;

const ARGUMENTS = where(
  z.array(z.string()),
  (words) =>
    words.length <= ARGUMENTS_MAX &&
    words.every((word) => word.length <= ARGUMENT_MAX_LENGTH && !word.includes("\0")),
  {
    code: "InvalidPropertyValue",
    expected: `at most ${ARGUMENTS_MAX} words of at most ${ARGUMENT_MAX_LENGTH} characters without NUL`,
  },
).openapi({ description: "Words behind the script's name, as they are: no shell reads them." });

const NODE_IDS = z.array(z.string()).min(1).max(NODES_MAX);

export const RUN = record({
  nodeIds: NODE_IDS.optional().openapi({ description: "Of its targets; absent: all of them." }),
  arguments: ARGUMENTS.optional(),
  rolling: ROLLING.optional().openapi({ description: "In place of the definition's own." }),
}).openapi("Run");

export const RERUN = where(
  record({
    nodeIds: NODE_IDS.optional(),
    select: oneOf(["failed", "neverRan"]).optional(),
  }),
  ({ nodeIds, select }) => (nodeIds === undefined) !== (select === undefined),
  { code: "InvalidPropertyValue", expected: "either nodeIds or select" },
).openapi("Rerun");

export const STOP = record({
  nodeId: z.string().optional().openapi({ description: "Absent: all of it." }),
  reason: text(1_000).optional(),
}).openapi("Stop");

export const INSTANCES_QUERY = record({
  ...ROWS_FIELDS,
  definitionId: z.string().optional(),
  startedFrom: z.iso.datetime({ offset: true }).optional(),
  startedTo: z.iso.datetime({ offset: true }).optional(),
  runner: z.string().optional().openapi({ description: "Id of a user, task or schedule." }),
  nextTaskId: z.string().optional(),
});

export const INSTANCE_NODES_QUERY = record({
  ...ROWS_FIELDS,
  nodeId: z.string().optional().openapi({ description: "Part of the id." }),
  status: oneOf(["ready", "request", "complete", "fail"]).optional(),
  result: oneOf(["N/A", "success", "fail"]).optional(),
  exitCode: wholeNumber(0, 255).optional(),
});

export const INSTANCE_NODE_QUERY = record({
  execNo: wholeNumber(1, 1_000_000).optional(),
});

export const INSTANCE_GROUPS_QUERY = record({
  similar: flag().optional().openapi({
    description: "Folds also what differs in numbers, times and the node's own names alone.",
  }),
});

export const INSTANCE_CSV_QUERY = record({
  stdout: flag().optional(),
  stderr: flag().optional(),
});

/** Kept here so that the numbers of instances are read in one way. */
export const INSTANCE_NUMBER = integer(1, Number.MAX_SAFE_INTEGER);
