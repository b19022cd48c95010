import {
  DISCONNECT_DEFAULT,
  MIGRATE_DEFAULT,
  RESCHEDULE_DEFAULTS,
  RESTART_DEFAULTS,
  UPDATE_DEFAULT,
} from "../../model/groupDefaults.ts";
import type {
  DisconnectPolicy,
  MigratePolicy,
  ReschedulePolicy,
  RestartPolicy,
  UpdatePolicy,
} from "../../model/groupPolicy.ts";
import type { ReadBlock } from "../read/block.ts";
import { DISCONNECT, MIGRATE, RESCHEDULE, RESTART, UPDATE } from "../schema/policies.ts";
import { canaryIssues } from "./canaryRules.ts";
import { defined } from "./defined.ts";
import { readOne, type Within } from "./within.ts";

/** The levels a policy may be written at, outer first, and where its result belongs. */
export interface Levels {
  readonly outer: ReadBlock | null;
  readonly inner: ReadBlock;
  readonly path: string;
}

type Level<T> = { readonly written: Partial<T>; readonly block: ReadBlock };

/** Remembers the places of a policy: the innermost level that writes it, each field where it was written. */
function layer<T extends object>(
  defaults: T,
  levels: readonly (Level<T> | null)[],
  path: string,
  { reading }: Within,
): T {
  let result = defaults;
  for (const level of levels) {
    if (level === null) continue;
    reading.place(path, level.block.range);
    for (const name of Object.keys(level.written)) {
      reading.place(`${path}.${name}`, level.block.rangeOf(attributeName(name)));
    }
    result = { ...result, ...level.written };
  }
  return result;
}

/** `maxDelayMs` stands in the file as `max_delay`. */
function attributeName(field: string): string {
  return field.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function restartAt(parent: ReadBlock, { reading }: Within): Level<RestartPolicy> | null {
  const block = readOne(parent, RESTART, reading);
  if (block === null) return null;
  const { attempts, interval, delay, mode } = block.written;
  return {
    block,
    written: defined<RestartPolicy>({ attempts, intervalMs: interval, delayMs: delay, mode }),
  };
}

export function groupRestart(group: ReadBlock, path: string, within: Within): RestartPolicy {
  const defaults = RESTART_DEFAULTS[within.jobType];
  return layer(defaults, [restartAt(group, within)], `${path}.restart`, within);
}

export function memberRestart(
  task: ReadBlock,
  group: RestartPolicy,
  path: string,
  within: Within,
): RestartPolicy {
  return layer(group, [restartAt(task, within)], `${path}.restart`, within);
}

function rescheduleAt(parent: ReadBlock, { reading }: Within): Level<ReschedulePolicy> | null {
  const block = readOne(parent, RESCHEDULE, reading);
  if (block === null) return null;
  const { written } = block;
  return {
    block,
    written: defined<ReschedulePolicy>({
      attempts: written.attempts,
      intervalMs: written.interval,
      delayMs: written.delay,
      delayFunction: written.delay_function,
      maxDelayMs: written.max_delay,
      unlimited: written.unlimited,
    }),
  };
}

/** Null: jobs of this type have none; one that is written is refused at its place. */
export function readReschedule(levels: Levels, within: Within): ReschedulePolicy | null {
  const written = levelsOf(levels, (block) => rescheduleAt(block, within));
  const defaults = RESCHEDULE_DEFAULTS[within.jobType];
  if (defaults !== null) return layer(defaults, written, `${levels.path}.reschedule`, within);
  refuse("reschedule", "reschedule_not_allowed_for_job_type", written, within);
  return null;
}

function levelsOf<T>({ outer, inner }: Levels, read: (block: ReadBlock) => Level<T> | null) {
  return [outer === null ? null : read(outer), read(inner)];
}

function refuse(
  name: string,
  code: string,
  levels: readonly (Level<object> | null)[],
  { reading, jobType }: Within,
): void {
  for (const level of levels) {
    if (level === null) continue;
    reading.error(
      code,
      level.block.range,
      `A job of type ${jobType} has no ${name}.`,
      "Remove it.",
    );
  }
}

function updateAt(parent: ReadBlock, { reading }: Within): Level<UpdatePolicy> | null {
  const block = readOne(parent, UPDATE, reading);
  if (block === null) return null;
  const { written } = block;
  return {
    block,
    written: defined<UpdatePolicy>({
      maxParallel: written.max_parallel,
      healthCheck: written.health_check,
      minHealthyTimeMs: written.min_healthy_time,
      healthyDeadlineMs: written.healthy_deadline,
      progressDeadlineMs: written.progress_deadline,
      autoRevert: written.auto_revert,
      autoPromote: written.auto_promote,
      canary: written.canary,
      staggerMs: written.stagger,
    }),
  };
}

/** Null: the type of the job has none, nobody wrote one (system), or it is switched off (max_parallel 0). */
export function readUpdate(levels: Levels, within: Within): UpdatePolicy | null {
  const written = levelsOf(levels, (block) => updateAt(block, within));
  const { jobType } = within;
  if (jobType === "batch" || jobType === "sysbatch") {
    refuse("update", "update_job_type", written, within);
    return null;
  }
  const isWritten = written.some((level) => level !== null);
  if (jobType === "system" && !isWritten) return null;
  const path = `${levels.path}.update`;
  const update = layer(UPDATE_DEFAULT, written, path, within);
  canaryIssues(update, jobType, path, within.reading);
  return update.maxParallel === 0 ? null : update;
}

function migrateAt(parent: ReadBlock, { reading }: Within): Level<MigratePolicy> | null {
  const block = readOne(parent, MIGRATE, reading);
  if (block === null) return null;
  const { written } = block;
  return {
    block,
    written: defined<MigratePolicy>({
      maxParallel: written.max_parallel,
      healthCheck: written.health_check,
      minHealthyTimeMs: written.min_healthy_time,
      healthyDeadlineMs: written.healthy_deadline,
    }),
  };
}

export function readMigrate(levels: Levels, within: Within): MigratePolicy | null {
  const written = levelsOf(levels, (block) => migrateAt(block, within));
  if (within.jobType === "service") {
    return layer(MIGRATE_DEFAULT, written, `${levels.path}.migrate`, within);
  }
  refuse("migrate", "migrate_job_type", written, within);
  return null;
}

interface OldDisconnect {
  readonly max_client_disconnect?: number;
  readonly stop_after_client_disconnect?: number;
  readonly prevent_reschedule_on_lost?: boolean;
}

/** Of the block `disconnect`, or of the older attributes of the group; never of both. */
export function readDisconnect(
  group: ReadBlock,
  old: OldDisconnect,
  path: string,
  within: Within,
): DisconnectPolicy {
  const { reading } = within;
  const block = readOne(group, DISCONNECT, reading);
  const ofOld = oldDisconnect(old);
  if (block === null) return { ...DISCONNECT_DEFAULT, ...ofOld };
  if (Object.keys(ofOld).length > 0) {
    const message = "Expected either disconnect or its older attributes and got both.";
    reading.error("disconnect_conflict", block.range, message, "Keep the block.");
  }
  const { written } = block;
  const level = defined<DisconnectPolicy>({
    lostAfterMs: written.lost_after,
    replace: written.replace,
    reconcile: written.reconcile,
    stopOnClientAfterMs: written.stop_on_client_after,
  });
  return layer(DISCONNECT_DEFAULT, [{ written: level, block }], `${path}.disconnect`, within);
}

function oldDisconnect(old: OldDisconnect): Partial<DisconnectPolicy> {
  const prevented = old.prevent_reschedule_on_lost;
  return defined<DisconnectPolicy>({
    lostAfterMs: old.max_client_disconnect,
    replace: prevented === undefined ? undefined : !prevented,
    reconcile: undefined,
    stopOnClientAfterMs: old.stop_after_client_disconnect,
  });
}
