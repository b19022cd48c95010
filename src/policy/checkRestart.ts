import type { CheckStatus } from "../model/allocation.ts";
import type { CheckRestart } from "../model/groupPolicy.ts";
import { finding, type PolicyFinding } from "./finding.ts";

/** How often a node looks at the checks it watches. */
export const CHECK_POLL_MS = 1_000;

/** Everything that is wrong with it. */
export function validateCheckRestart(
  rule: Pick<CheckRestart, "limit" | "graceMs">,
): readonly PolicyFinding[] {
  const findings: PolicyFinding[] = [];
  if (rule.limit < 0) {
    const text = `check_restart: limit must not be negative: ${rule.limit}`;
    findings.push(finding("limit_negative", "limit", text));
  }
  if (rule.graceMs < 0) {
    findings.push(
      finding("grace_negative", "graceMs", "check_restart: grace must not be negative"),
    );
  }
  return findings;
}

/** A check as it is given to be watched. */
export interface CheckToWatch {
  readonly id: string;
  readonly name: string;
  /** Execution and member that it restarts, as one text: all checks with the same one are dropped together. */
  readonly owner: string;
  readonly intervalMs: number;
  readonly rule: CheckRestart;
}

export interface WatchedCheck extends CheckToWatch {
  /** Until then a bad status means nothing. */
  readonly graceUntil: number;
  /** First bad poll of the present series; null: it is not bad. */
  readonly badSince: number | null;
}

/** What a node watches. Plain data; order is that of watching. */
export type CheckWatch = readonly WatchedCheck[];

/** A member is to be restarted; `by` is for its restart policy: it counts as a failure. */
export interface CheckRestartWanted {
  readonly by: "failure";
  readonly owner: string;
  readonly check: string;
  readonly reason: string;
}

/** Around the name of the check, in the event `Restart Signaled` (Nomad). */
const UNHEALTHY = { before: 'healthcheck: check "', after: '" unhealthy' } as const;

/** The check that a member was to be restarted for, by the reason in its event; null: it was for something else. */
export function unhealthyCheck(reason: string): string | null {
  const { before, after } = UNHEALTHY;
  const isOne = reason.startsWith(before) && reason.endsWith(after);
  return isOne ? reason.slice(before.length, -after.length) : null;
}

/** How long a check has to be bad before it restarts: the limit is time, probes are not counted (Nomad). */
export function badTimeLimit(intervalMs: number, limit: number): number {
  return intervalMs * (limit - 1);
}

/** Begins anew, with fresh grace, for checks that are watched already; those with limit 0 are not watched. */
export function watchChecks(
  watch: CheckWatch,
  checks: readonly CheckToWatch[],
  now: number,
): CheckWatch {
  const ids = new Set(checks.map(({ id }) => id));
  const added = checks
    .filter(({ rule }) => rule.limit > 0)
    .map((check) => ({ ...check, graceUntil: now + check.rule.graceMs, badSince: null }));
  return [...watch.filter(({ id }) => !ids.has(id)), ...added];
}

export function unwatchCheck(watch: CheckWatch, id: string): CheckWatch {
  return watch.filter((check) => check.id !== id);
}

/** For a member that ends or is restarted: its checks are watched again when it starts. */
export function unwatchOwner(watch: CheckWatch, owner: string): CheckWatch {
  return watch.filter((check) => check.owner !== owner);
}

function isBad(status: CheckStatus, ignoreWarnings: boolean): boolean {
  switch (status) {
    case "critical":
    case "failure":
    case "pending":
      return true;
    case "warning":
      return !ignoreWarnings;
    case "passing":
    case "success":
      return false;
  }
}

function polled(check: WatchedCheck, status: CheckStatus, now: number): WatchedCheck {
  if (!isBad(status, check.rule.ignoreWarnings)) return { ...check, badSince: null };
  if (now < check.graceUntil) return check;
  return { ...check, badSince: check.badSince ?? now };
}

function isDue({ badSince, intervalMs, rule }: WatchedCheck, now: number): boolean {
  return badSince !== null && now >= badSince + badTimeLimit(intervalMs, rule.limit);
}

/**
 * One look at all statuses, by check id; a check without one is passed over. Members to restart come once each, and
 * their checks are dropped until they are watched anew.
 */
export function pollChecks(
  watch: CheckWatch,
  statuses: ReadonlyMap<string, CheckStatus>,
  now: number,
): { readonly watch: CheckWatch; readonly restarts: readonly CheckRestartWanted[] } {
  const restarts = new Map<string, CheckRestartWanted>();
  const seen = watch.map((check) => {
    const status = statuses.get(check.id);
    if (status === undefined) return check;
    const next = polled(check, status, now);
    if (isDue(next, now) && !restarts.has(next.owner)) {
      const reason = `${UNHEALTHY.before}${next.name}${UNHEALTHY.after}`;
      restarts.set(next.owner, { by: "failure", owner: next.owner, check: next.name, reason });
    }
    return next;
  });
  return {
    watch: seen.filter(({ owner }) => !restarts.has(owner)),
    restarts: [...restarts.values()],
  };
}

/** When a check restarts its member if it stays as it is; null: it is not bad. For people: the poll after it does it. */
export function checkRestartAt(check: WatchedCheck): number | null {
  if (check.badSince === null) return null;
  return check.badSince + badTimeLimit(check.intervalMs, check.rule.limit);
}
