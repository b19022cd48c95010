import type { ContentPatch } from "../../fleet/input.ts";
import { parseCycle } from "../../model/cycle.ts";
import type { ScheduleEntry } from "../../model/fleet/definition.ts";
import { type NodeAmount, parseAmount, type RollingPolicy } from "../../model/fleet/rolling.ts";
import type { ScriptSource } from "../../model/fleet/run.ts";
import { milliseconds } from "../../protocol/api/field.ts";
import { type RollingBody, UNTIL_RESUMED } from "../../protocol/api/rolling.ts";
import { cronMistake, isTimeZone } from "../../schedule/cron.ts";
import { givenOf } from "../routes/lookup.ts";
import { refuse } from "../routes/refusal.ts";

interface ContentBody {
  readonly osUser?: string | null | undefined;
  readonly byScheduler?: "enable" | "disable" | undefined;
  readonly byOnDemand?: "enable" | "disable" | undefined;
  readonly byTask?: "enable" | "disable" | undefined;
  readonly nextTaskId?: string | null | undefined;
  readonly startWithin?: string | undefined;
  readonly nodeTimeout?: string | null | undefined;
  readonly runTimeout?: string | null | undefined;
  readonly asksAgain?: boolean | undefined;
  readonly rolling?: RollingBody | null | undefined;
}

/** The fields of a body that change the content; durations were checked. */
export function contentOf(body: ContentBody, script?: ScriptSource): ContentPatch {
  const isOn = (given: "enable" | "disable" | undefined) =>
    given === undefined ? undefined : given === "enable";
  const timeOf = (given: string | null | undefined) =>
    typeof given === "string" ? milliseconds(given) : given;
  return givenOf({
    script,
    osUser: body.osUser,
    byScheduler: isOn(body.byScheduler),
    byOnDemand: isOn(body.byOnDemand),
    byTask: isOn(body.byTask),
    nextTask: body.nextTaskId,
    startWithinMs: timeOf(body.startWithin) ?? undefined,
    nodeTimeoutMs: timeOf(body.nodeTimeout),
    runTimeoutMs: timeOf(body.runTimeout),
    asksAgain: body.asksAgain,
    rolling: body.rolling === null ? null : rollingOf(body.rolling),
  });
}

/** A checked policy; undefined stays undefined. */
export function rollingOf(body: RollingBody | undefined): RollingPolicy | undefined {
  if (body === undefined) return undefined;
  const { batch, canary, pause = "0s", batchFailures, totalFailures } = body;
  return {
    batch: amountOf(batch),
    canary: canary === undefined ? null : amountOf(canary),
    pauseMs: pause === UNTIL_RESUMED ? null : milliseconds(pause),
    stopAfterFailures: {
      perBatch: batchFailures === undefined ? null : amountOf(batchFailures),
      inTotal: totalFailures === undefined ? null : amountOf(totalFailures),
    },
  };
}

function amountOf(checked: string): NodeAmount {
  const amount = parseAmount(checked);
  if (amount === null) throw new Error(`Expected a checked number of nodes, got ${checked}.`);
  return amount;
}

interface ScheduleBody {
  readonly value?: string | undefined;
  readonly cron?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly status?: "enable" | "disable" | undefined;
}

/** What a body says of a schedule; throws what is wrong with its value, cron expression or zone. */
export function schedulePatch(body: ScheduleBody): Partial<Omit<ScheduleEntry, "id">> {
  const { value, cron, timeZone, status } = body;
  if (timeZone !== undefined) mustBeZone(timeZone);
  const rest = givenOf({ timeZone, status });
  if (value !== undefined) {
    const cycle = parseCycle(value);
    if (!("mistake" in cycle)) return { ...rest, when: { form: "cycle", cycle } };
    throw refuse("InvalidPropertyValue", cycle.mistake, "Write it as one of these forms.", {
      field: "value",
    });
  }
  if (cron === undefined) return rest;
  const mistake = cronMistake(cron);
  if (mistake === null) return { ...rest, when: { form: "cron", cron } };
  throw refuse(
    "InvalidPropertyValue",
    `Expected a cron expression of five fields, given "${cron}": ${mistake}.`,
    "Write it as minute, hour, day, month and weekday, as 30 2 * * 1.",
    { field: "cron" },
  );
}

function mustBeZone(timeZone: string): void {
  if (isTimeZone(timeZone)) return;
  throw refuse(
    "InvalidPropertyValue",
    `Expected the IANA name of a time zone, given "${timeZone}".`,
    "Use a name such as Asia/Seoul or UTC.",
    { field: "timeZone" },
  );
}
