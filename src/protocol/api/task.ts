import { z } from "@hono/zod-openapi";
import { foldId } from "../../model/id.ts";
import { ADD_TASKS_MAX } from "../../model/limits.ts";
import type { TaskSpec } from "../../model/taskSpec.ts";
import { type Checked, check, type ErrorDetail } from "./check.ts";
import { COMMAND_FIELDS, fillCommand, REQUIRED_SLOTS, TASK_CONSTRAINTS } from "./command.ts";
import { DISPLAY_NAME, ID, milliseconds, record, text } from "./field.ts";

const AFFINITY_ID_MAX_LENGTH = 256;

/** A task to add. */
export const TASK_ADD = record({
  id: ID,
  displayName: DISPLAY_NAME.optional(),
  ...COMMAND_FIELDS,
  affinityInfo: record({ affinityId: text(AFFINITY_ID_MAX_LENGTH) }).optional(),
  constraints: TASK_CONSTRAINTS.optional(),
  requiredSlots: REQUIRED_SLOTS.optional(),
}).openapi("TaskAdd");
export type TaskAdd = z.output<typeof TASK_ADD>;

/** The body of a call that adds many tasks; `value` is Azure Batch's name for `tasks`. */
export const TASKS_ADD = record({ tasks: z.array(TASK_ADD) }).openapi("TasksAdd");

export const TASK_UPDATE = record({ constraints: TASK_CONSTRAINTS }).openapi("TaskUpdate");
export type TaskUpdate = z.output<typeof TASK_UPDATE>;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A task as the engine takes it. */
export interface IdentifiedTask {
  readonly id: string;
  readonly spec: TaskSpec;
}

/** The spec of a checked task; what equals a default is left out. */
export function toTaskSpec(task: TaskAdd): TaskSpec {
  const spec: Writable<TaskSpec> = { commandLine: task.commandLine };
  if (task.displayName !== undefined) spec.displayName = task.displayName;
  fillCommand(spec, task, task.constraints);
  if (task.constraints?.maxTaskRetryCount !== undefined) {
    spec.maxTaskRetryCount = task.constraints.maxTaskRetryCount;
  }
  if (task.requiredSlots !== undefined && task.requiredSlots !== 1) {
    spec.requiredSlots = task.requiredSlots;
  }
  if (task.affinityInfo !== undefined) spec.affinityId = task.affinityInfo.affinityId;
  return spec;
}

type ConstraintsSpec = Pick<TaskSpec, "maxWallClockMs" | "retentionMs" | "maxTaskRetryCount">;

/** The whole of a task's new constraints: what is left out goes back to its default. */
export function toConstraints(update: TaskUpdate): ConstraintsSpec {
  const { maxWallClockTime, retentionTime, maxTaskRetryCount } = update.constraints;
  return {
    ...(typeof maxWallClockTime === "string"
      ? { maxWallClockMs: milliseconds(maxWallClockTime) }
      : {}),
    ...(retentionTime === undefined ? {} : { retentionMs: milliseconds(retentionTime) }),
    ...(maxTaskRetryCount === undefined ? {} : { maxTaskRetryCount }),
  };
}

export function tooManyTasks(count: number): ErrorDetail {
  const expected = `at most ${ADD_TASKS_MAX} tasks in one call`;
  return {
    code: "RequestBodyTooLarge",
    message: `Expected ${expected} and got ${count}.`,
    fix: "Send them in several calls.",
    field: "tasks",
    expected,
    given: String(count),
  };
}

export function repeatedTask(id: string, path: string): ErrorDetail {
  const expected = "ids that differ within the call, upper and lower case being the same";
  return {
    code: "TaskExists",
    message: `Expected ${expected}, and ${id} stands there twice.`,
    fix: `Give the task another id than ${id}, or leave it out.`,
    field: path === "" ? "id" : `${path}.id`,
    expected,
    given: id,
  };
}

/** One item of a call that adds many: fit for the engine, or why not. */
export type CheckedTask =
  | { readonly ok: true; readonly task: IdentifiedTask }
  | { readonly ok: false; readonly id: string; readonly error: ErrorDetail };

/** Checks the items of a call one by one, in order; of equal ids the first is taken. */
export function checkTasks(items: readonly unknown[]): CheckedTask[] {
  const seen = new Set<string>();
  return items.map((item, index) => {
    const path = `tasks[${index}]`;
    const parsed = check(TASK_ADD, item, "body", path);
    if (!parsed.ok) return { ok: false, id: idOf(item), error: parsed.error };
    const { id } = parsed.value;
    const folded = foldId(id);
    if (seen.has(folded)) return { ok: false, id, error: repeatedTask(id, path) };
    seen.add(folded);
    return { ok: true, task: { id, spec: toTaskSpec(parsed.value) } };
  });
}

function idOf(item: unknown): string {
  if (typeof item !== "object" || item === null) return "";
  const id: unknown = Reflect.get(item, "id");
  return typeof id === "string" ? id : "";
}

const BULK = record({
  tasks: z.array(z.unknown()).optional(),
  value: z.array(z.unknown()).optional(),
});

/** The body of POST tasks: `{tasks: [...]}`, `{value: [...]}` or one task. */
export type TasksBody =
  | { readonly kind: "one"; readonly task: IdentifiedTask }
  | { readonly kind: "many"; readonly items: readonly CheckedTask[] };

/** Reads the body of POST tasks. The error is about the call as a whole; items carry their own. */
export function checkTasksBody(body: unknown): Checked<TasksBody> {
  if (typeof body !== "object" || body === null || !("tasks" in body || "value" in body)) {
    const parsed = check(TASK_ADD, body);
    if (!parsed.ok) return parsed;
    const task = { id: parsed.value.id, spec: toTaskSpec(parsed.value) };
    return { ok: true, value: { kind: "one", task } };
  }
  const parsed = check(BULK, body);
  if (!parsed.ok) return parsed;
  const { tasks, value } = parsed.value;
  const items = tasks ?? value ?? [];
  if (tasks !== undefined && value !== undefined) return { ok: false, error: bothLists() };
  if (items.length > ADD_TASKS_MAX) return { ok: false, error: tooManyTasks(items.length) };
  return { ok: true, value: { kind: "many", items: checkTasks(items) } };
}

function bothLists(): ErrorDetail {
  const expected = "the list of tasks either as tasks or as value";
  return {
    code: "InvalidRequestBody",
    message: `Expected ${expected} and got both.`,
    fix: "Remove value.",
    field: "value",
    expected,
  };
}
