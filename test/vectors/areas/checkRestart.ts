import { z } from "zod";
import { mergedCheckRestart } from "../../../src/model/groupDefaults.ts";
import type { CheckRestart } from "../../../src/model/groupPolicy.ts";
import {
  badTimeLimit,
  type CheckToWatch,
  type CheckWatch,
  pollChecks,
  unwatchCheck,
  validateCheckRestart,
  watchChecks,
} from "../../../src/policy/checkRestart.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { compareExpected, type Fields } from "../compare.ts";
import { camelCased, snakeCased } from "../names.ts";
import { checkStatus } from "../policies.ts";

const rule = z.object({
  limit: z.number().default(0),
  graceMs: z.number().default(0),
  ignoreWarnings: z.boolean().default(false),
});
const partialRule = z
  .object({ limit: z.number(), graceMs: z.number(), ignoreWarnings: z.boolean() })
  .partial()
  .nullish();
const watch = z.object({
  pollMs: z.number(),
  runMs: z.number(),
  rewatchAfterRestart: z.boolean(),
  unwatchAtStart: z.string().nullish(),
  checks: z.array(
    z.object({
      checkId: z.string(),
      alloc: z.string(),
      task: z.string(),
      intervalMs: z.number(),
      checkRestart: rule,
      // Null: it has no status from then on.
      statuses: z.array(z.object({ atMs: z.number(), status: checkStatus.nullable() })),
    }),
  ),
});
const validate = z.object({ checkRestart: rule });
const merge = z.object({ service: partialRule, check: partialRule });
const formula = z.object({
  intervalMs: z.number(),
  limit: z.number(),
  graceMs: z.number().default(0),
});

type Watch = z.output<typeof watch>;
type Check = Watch["checks"][number];
interface Restart {
  readonly atMs: number;
  readonly task: string;
  readonly check: string;
  readonly by: string;
}

function ownerOf({ alloc, task }: Check): string {
  return `${alloc}/${task}`;
}

function toWatch(check: Check): CheckToWatch {
  const { checkId, intervalMs, checkRestart } = check;
  return { id: checkId, name: checkId, owner: ownerOf(check), intervalMs, rule: checkRestart };
}

function statusesAt(checks: readonly Check[], now: number) {
  return new Map(
    checks.flatMap(({ checkId, statuses }) => {
      const status = statuses.filter(({ atMs }) => atMs <= now).at(-1)?.status ?? null;
      return status === null ? [] : [[checkId, status] as const];
    }),
  );
}

function simulate({ pollMs, runMs, rewatchAfterRestart, unwatchAtStart, checks }: Watch) {
  const restarts: Restart[] = [];
  let state: CheckWatch = watchChecks([], checks.map(toWatch), 0);
  if (unwatchAtStart) state = unwatchCheck(state, unwatchAtStart);
  for (let now = pollMs; now <= runMs; now += pollMs) {
    const polled = pollChecks(state, statusesAt(checks, now), now);
    state = polled.watch;
    for (const { owner, check, by } of polled.restarts) {
      const restarted = checks.filter((each) => ownerOf(each) === owner);
      restarts.push({ atMs: now, task: restarted[0]?.task ?? "", check, by });
      if (rewatchAfterRestart) state = watchChecks(state, restarted.map(toWatch), now);
    }
  }
  return restarts;
}

function countsOf(restarts: readonly Restart[]): Fields {
  const counts: Record<string, number> = {};
  for (const { task } of restarts) counts[task] = (counts[task] ?? 0) + 1;
  return counts;
}

/** The first restart by each check that is named, within its range. */
function restartsAsExpected(expected: unknown, got: unknown): boolean {
  const ranges = z
    .array(z.object({ check: z.string(), min: z.number(), max: z.number() }))
    .parse(expected);
  const restarts = z.array(z.object({ check: z.string(), atMs: z.number() })).parse(got);
  return ranges.every(({ check, min, max }) => {
    const first = restarts.find((restart) => restart.check === check);
    return first !== undefined && first.atMs >= min && first.atMs <= max;
  });
}

export function driveCheckRestart(vector: Vector): readonly Mismatch[] {
  const input = camelCased(vector);
  const expected = vector["expect"];
  switch (vector["kind"]) {
    case "watch": {
      const restarts = simulate(watch.parse(input));
      const got = {
        total_restarts: restarts.length,
        restarts_per_task: countsOf(restarts),
        reported_as_failure: restarts.every(({ by }) => by === "failure"),
        restart_at_ms: restarts,
      };
      return compareExpected(expected, got, { restart_at_ms: restartsAsExpected });
    }
    case "validate": {
      const codes = validateCheckRestart(validate.parse(input).checkRestart).map(
        ({ code }) => code,
      );
      const got = { valid: codes.length === 0, error_count: codes.length, errors_include: codes };
      return compareExpected(expected, got);
    }
    case "merge": {
      const { service, check } = merge.parse(input);
      const merged = mergedCheckRestart(written(service), written(check));
      return compareExpected(expected, { check_restart: merged && snakeCased(merged) });
    }
    case "formula": {
      const { intervalMs, limit, graceMs } = formula.parse(input);
      const limitMs = badTimeLimit(intervalMs, limit);
      const got = { time_limit_ms: limitMs, restart_after_ms: graceMs + limitMs };
      return compareExpected(expected, got);
    }
    default:
      return unknownKind(vector);
  }
}

function written(given: z.output<typeof partialRule>): Partial<CheckRestart> | null {
  return given == null ? null : JSON.parse(JSON.stringify(given));
}
