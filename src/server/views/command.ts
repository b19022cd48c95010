import { formatDuration } from "../../model/duration.ts";
import type { FailureInfo, SchedulingError } from "../../model/failure.ts";
import type { CommandSpec, ResourceFile, UserIdentity } from "../../model/taskSpec.ts";
import type { TaskAdd } from "../../protocol/api/task.ts";
import { present } from "./present.ts";

type CommandJson = Pick<
  TaskAdd,
  | "commandLine"
  | "resourceFiles"
  | "environmentSettings"
  | "userIdentity"
  | "resourceLimits"
  | "containerSettings"
>;
type ResourceFileJson = NonNullable<TaskAdd["resourceFiles"]>[number];
type UserIdentityJson = NonNullable<TaskAdd["userIdentity"]>;
type ConstraintsJson = NonNullable<TaskAdd["constraints"]>;

/** A command as its user wrote it. */
export function commandView(spec: CommandSpec): CommandJson {
  const { commandLine, resourceFiles, environmentSettings, userIdentity, limits, container } = spec;
  return {
    commandLine,
    ...(resourceFiles === undefined ? {} : { resourceFiles: resourceFiles.map(resourceFileView) }),
    ...(environmentSettings === undefined ? {} : { environmentSettings: [...environmentSettings] }),
    ...(userIdentity === undefined ? {} : { userIdentity: userIdentityView(userIdentity) }),
    ...(limits === undefined ? {} : { resourceLimits: limits }),
    ...(container === undefined ? {} : { containerSettings: container }),
  };
}

function resourceFileView(file: ResourceFile): ResourceFileJson {
  const { filePath, fileMode, sha256 } = file;
  return { ...sourceView(file.source), filePath, ...present({ fileMode, sha256 }) };
}

function sourceView(source: ResourceFile["source"]): Partial<ResourceFileJson> {
  switch (source.kind) {
    case "url":
      return { httpUrl: source.url };
    case "server":
      return { serverPath: source.path };
    case "inline":
      return { content: source.content, contentEncoding: source.encoding };
  }
}

function userIdentityView(user: UserIdentity): UserIdentityJson {
  if (user.kind === "named") return { userName: user.userName };
  return { autoUser: { scope: user.scope, elevationLevel: user.elevationLevel } };
}

/** What is unlimited or at its default is left out. */
export function constraintsView(
  spec: Pick<CommandSpec, "maxWallClockMs" | "retentionMs">,
  maxTaskRetryCount: number | undefined,
): ConstraintsJson {
  const { maxWallClockMs, retentionMs } = spec;
  return {
    ...(maxWallClockMs === undefined ? {} : { maxWallClockTime: formatDuration(maxWallClockMs) }),
    ...(retentionMs === undefined ? {} : { retentionTime: formatDuration(retentionMs) }),
    ...(maxTaskRetryCount === undefined ? {} : { maxTaskRetryCount }),
  };
}

type NamedValues = { name: string; value: string }[];

export function failureView(failure: FailureInfo) {
  const { category, code, message, details } = failure;
  return { category, code, message, ...detailsView(details) };
}

export function schedulingErrorView(error: SchedulingError) {
  const { category, code, message, details } = error;
  return { category, code, message, ...detailsView(details) };
}

function detailsView(details: FailureInfo["details"]): { details?: NamedValues } {
  return details === undefined ? {} : { details: [...details] };
}
