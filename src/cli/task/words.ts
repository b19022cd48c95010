/** Letters of OPMATE's options and what they mean. */

export const APPROVAL = {
  N: "Never requested since the last change",
  Q: "Requested",
  A: "Approved",
  R: "Rejected",
} as const;

export const CYCLE = {
  Y: "yearly",
  M: "monthly",
  W: "weekly",
  D: "daily",
  H: "hourly",
  O: "once",
  C: "cron",
} as const;
