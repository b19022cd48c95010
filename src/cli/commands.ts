import { ACCESSKEY } from "./accesskey/commands.ts";
import { ALLOC } from "./alloc/commands.ts";
import { APPROVAL } from "./approval/commands.ts";
import { AUDIT } from "./audit/commands.ts";
import type { Objects } from "./command/help.ts";
import { DICTIONARY } from "./dictionary/commands.ts";
import { EVENT } from "./event/commands.ts";
import { FILE } from "./file/commands.ts";
import { JOB } from "./job/commands.ts";
import { JOBTASK } from "./jobtask/commands.ts";
import { NODE } from "./node/commands.ts";
import { NODEGROUP } from "./nodegroup/commands.ts";
import { POOL } from "./pool/commands.ts";
import { SYSTEM } from "./system/commands.ts";
import { TASK } from "./task/commands.ts";
import { TASKINSTANCE } from "./taskinstance/commands.ts";
import { USER } from "./user/commands.ts";
import { USERGROUP } from "./usergroup/commands.ts";

/** Every command: what is not here does not exist, and help, parsing and completion all come from it. */
export const OBJECTS: Objects = {
  user: USER,
  usergroup: USERGROUP,
  node: NODE,
  nodegroup: NODEGROUP,
  task: TASK,
  taskinstance: TASKINSTANCE,
  approval: APPROVAL,
  file: FILE,
  accesskey: ACCESSKEY,
  dictionary: DICTIONARY,
  pool: POOL,
  job: JOB,
  jobtask: JOBTASK,
  alloc: ALLOC,
  event: EVENT,
  audit: AUDIT,
  system: SYSTEM,
};
