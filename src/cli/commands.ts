import { ALLOC } from "./alloc/commands.ts";
import type { Objects } from "./command/help.ts";
import { EVENT } from "./event/commands.ts";
import { JOB } from "./job/commands.ts";
import { JOBTASK } from "./jobtask/commands.ts";
import { NODE } from "./node/commands.ts";
import { POOL } from "./pool/commands.ts";
import { SYSTEM } from "./system/commands.ts";

/** Every command: what is not here does not exist, and help, parsing and completion all come from it. */
export const OBJECTS: Objects = {
  pool: POOL,
  node: NODE,
  job: JOB,
  jobtask: JOBTASK,
  alloc: ALLOC,
  event: EVENT,
  system: SYSTEM,
};
