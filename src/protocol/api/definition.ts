import { z } from "@hono/zod-openapi";
import { duration, oneOf, record, text, where } from "./field.ts";
import { wholeNumber } from "./query.ts";
import { AMOUNT, ROLLING } from "./rolling.ts";
import { FREE_TEXT, ROWS_FIELDS, SWITCH } from "./user.ts";

const DEFINITION_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const OS_USER_PATTERN = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/;
const DAY_MS = 86_400_000;

export const DEFINITION_ID = where(z.string(), (id) => DEFINITION_ID_PATTERN.test(id), {
  code: "InvalidPropertyValue",
  expected:
    "1 to 64 characters out of A-Z, a-z, 0-9, '.', '_' and '-', the first a letter or digit",
}).openapi({ pattern: DEFINITION_ID_PATTERN.source });

const SCRIPT = record({
  name: text(255),
  sha256: where(z.string(), (hash) => /^[0-9a-f]{64}$/.test(hash), {
    code: "InvalidPropertyValue",
    expected: "the SHA-256 that POST /scripts answered with",
  }),
});

const OS_USER = where(z.string(), (name) => OS_USER_PATTERN.test(name), {
  code: "InvalidPropertyValue",
  expected: "the name of an account",
});

const CONTENT = {
  osUser: OS_USER.nullable().optional().openapi({ description: "null: the agent's own account." }),
  byScheduler: SWITCH.optional(),
  byOnDemand: SWITCH.optional(),
  byTask: SWITCH.optional(),
  nextTaskId: z.string().nullable().optional(),
  startWithin: duration(1_000, DAY_MS).optional().openapi({
    description: "How long a run waits for a node that is away; default PT5M.",
  }),
  nodeTimeout: duration(1_000).nullable().optional(),
  runTimeout: duration(1_000).nullable().optional(),
  rolling: ROLLING.nullable().optional().openapi({
    description: "Of runs that name no other; null: all targets begin at once.",
  }),
  asksAgain: z.boolean().optional().openapi({
    description: "Whether changed members or attributes of its node groups need another approval.",
  }),
};

export const DEFINITION_ADD = record({
  id: DEFINITION_ID,
  description: FREE_TEXT.optional(),
  script: SCRIPT,
  ...CONTENT,
}).openapi("DefinitionAdd");

export const DEFINITION_PATCH = record({
  newId: DEFINITION_ID.optional(),
  ownerId: z.string().optional(),
  approverId: z.string().optional(),
  description: FREE_TEXT.optional(),
  script: SCRIPT.optional(),
  ...CONTENT,
}).openapi("DefinitionPatch");

export const DEFINITIONS_QUERY = record({
  ...ROWS_FIELDS,
  id: z.string().optional().openapi({ description: "Part of the id." }),
  owner: z.string().optional(),
  byScheduler: SWITCH.optional(),
  byOnDemand: SWITCH.optional(),
  byTask: SWITCH.optional(),
  approval: oneOf(["none", "requested", "approved", "rejected"]).optional(),
  approver: z.string().optional(),
  nodeId: z.string().optional().openapi({ description: "Those that target this node." }),
});

export const REVISION_QUERY = record({ revision: wholeNumber(0, 1_000_000_000).optional() });
export const ROWS_QUERY = record(ROWS_FIELDS);

export const TARGET_NAMES = record({
  nodeIds: z.array(z.string()).optional(),
  nodeGroupIds: z.array(z.string()).optional(),
}).openapi("TargetNames");

export const RUNNER_NAMES = record({
  userIds: z.array(z.string()).optional(),
  userGroupIds: z.array(z.string()).optional(),
  definitionIds: z.array(z.string()).optional(),
}).openapi("RunnerNames");

const SCHEDULE_ID = DEFINITION_ID;
const WHEN = {
  value: z.string().optional().openapi({
    description:
      "MM/DD hh:mm yearly, DD hh:mm monthly, WWW hh:mm weekly, hh:mm daily, mm hourly, YYYY/MM/DD hh:mm once.",
  }),
  cron: z.string().optional(),
  timeZone: z.string().optional().openapi({ description: "IANA name; default: the server's." }),
  status: SWITCH.optional(),
};

export const SCHEDULE_ADD = where(
  record({ id: SCHEDULE_ID, ...WHEN }),
  ({ value, cron }) => (value === undefined) !== (cron === undefined),
  { code: "InvalidPropertyValue", expected: "either value or cron" },
).openapi("ScheduleAdd");

export const SCHEDULE_PATCH = where(
  record(WHEN),
  ({ value, cron }) => value === undefined || cron === undefined,
  { code: "InvalidPropertyValue", expected: "value or cron, not both" },
).openapi("SchedulePatch");

export const APPROVAL_REQUEST = record({
  approverId: z.string().optional(),
  reason: FREE_TEXT.optional(),
}).openapi("ApprovalRequest");

export const APPROVALS_QUERY = record({ owner: z.string().optional() });

export const REJECTION = record({ reason: FREE_TEXT.optional() }).openapi("Rejection");

export const PLAN_QUERY = where(
  record({
    nodeId: z.union([z.string(), z.array(z.string())]).optional(),
    batch: AMOUNT.optional().openapi({ description: "Shows the batches of a run with this size." }),
    canary: AMOUNT.optional(),
  }),
  ({ batch, canary }) => canary === undefined || batch !== undefined,
  { code: "InvalidQueryParameterValue", expected: "canary with batch" },
);
