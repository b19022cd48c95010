import { ACCESS_KEY_ENDPOINTS } from "./accessKeys.ts";
import { AUDIT_ENDPOINTS } from "./audit.ts";
import { DEFINITION_ENDPOINTS } from "./definitions.ts";
import type { AnswerOf, BodyOf, ParametersOf, QueryOf } from "./endpoint.ts";
import { EVENT_ENDPOINTS } from "./events.ts";
import { EXECUTION_ENDPOINTS } from "./executions.ts";
import { GROUP_ENDPOINTS } from "./groups.ts";
import { INSTANCE_ENDPOINTS } from "./instances.ts";
import { JOB_ENDPOINTS } from "./jobs.ts";
import { NODE_GROUP_ENDPOINTS } from "./nodeGroups.ts";
import { NODE_ENDPOINTS } from "./nodes.ts";
import { POOL_ENDPOINTS } from "./pools.ts";
import { REPOSITORY_ENDPOINTS } from "./repository.ts";
import { RESTRICTED_COMMAND_ENDPOINTS } from "./restrictedCommands.ts";
import { SCRIPT_ENDPOINTS } from "./scripts.ts";
import { FILE_ENDPOINTS, SYSTEM_ENDPOINTS } from "./system.ts";
import { TASK_ENDPOINTS } from "./tasks.ts";
import { USER_GROUP_ENDPOINTS } from "./userGroups.ts";
import { USER_ENDPOINTS } from "./users.ts";

/** The whole API. */
export const ENDPOINTS = {
  ...POOL_ENDPOINTS,
  ...NODE_ENDPOINTS,
  ...JOB_ENDPOINTS,
  ...GROUP_ENDPOINTS,
  ...TASK_ENDPOINTS,
  ...EXECUTION_ENDPOINTS,
  ...EVENT_ENDPOINTS,
  ...FILE_ENDPOINTS,
  ...REPOSITORY_ENDPOINTS,
  ...SYSTEM_ENDPOINTS,
  ...USER_ENDPOINTS,
  ...DEFINITION_ENDPOINTS,
  ...INSTANCE_ENDPOINTS,
  ...SCRIPT_ENDPOINTS,
  ...USER_GROUP_ENDPOINTS,
  ...NODE_GROUP_ENDPOINTS,
  ...ACCESS_KEY_ENDPOINTS,
  ...AUDIT_ENDPOINTS,
  ...RESTRICTED_COMMAND_ENDPOINTS,
};

export type Api = typeof ENDPOINTS;
export type ApiKey = keyof Api;
export type ApiParameters<Key extends ApiKey> = ParametersOf<Key>;
export type ApiQuery<Key extends ApiKey> = QueryOf<Api[Key]>;
export type ApiBody<Key extends ApiKey> = BodyOf<Api[Key]>;
export type ApiAnswer<Key extends ApiKey> = AnswerOf<Api[Key]>;
