import { z } from "@hono/zod-openapi";
import {
  COMMAND_LINE_MAX_LENGTH,
  ENVIRONMENT_SETTINGS_MAX,
  INLINE_CONTENT_MAX_LENGTH,
  INT32_MAX,
  RESOURCE_FILES_MAX,
} from "../../model/limits.ts";
import type { CommandSpec, ResourceFile, UserIdentity } from "../../model/taskSpec.ts";
import { duration, integer, milliseconds, oneOf, record, text, where } from "./field.ts";

/** What tasks, preparations and releases have in common. */

/** As Linux limits a path. */
const PATH_MAX_LENGTH = 4096;
const URL_MAX_LENGTH = 8192;
const USER_NAME_MAX_LENGTH = 256;

const ENVIRONMENT_SETTING = record({
  name: where(z.string(), (name) => /^[^=\0]+$/.test(name), {
    code: "InvalidPropertyValue",
    expected: "a name that is not empty and has no '=' or NUL",
  }),
  value: where(z.string(), (value) => !value.includes("\0"), {
    code: "InvalidPropertyValue",
    expected: "text without NUL",
  }),
}).openapi("EnvironmentSetting");

export const ENVIRONMENT_SETTINGS = where(
  z.array(ENVIRONMENT_SETTING),
  (settings) => settings.length <= ENVIRONMENT_SETTINGS_MAX,
  { code: "InvalidPropertyValue", expected: `at most ${ENVIRONMENT_SETTINGS_MAX} settings` },
);

/** Whether a path stays below the folder that it is relative to, and names something in it. */
export function isInsidePath(path: string): boolean {
  if (path === "" || path.length > PATH_MAX_LENGTH || path.includes("\0")) return false;
  if (path.startsWith("/") || path.endsWith("/")) return false;
  const segments = path.split("/");
  return segments.every((segment) => segment !== "..") && segments.at(-1) !== ".";
}

function isHttpUrl(url: string): boolean {
  if (url.length > URL_MAX_LENGTH || !URL.canParse(url)) return false;
  return /^https?:\/\//i.test(url);
}

const INSIDE_PATH = where(z.string(), isInsidePath, {
  code: "InvalidPropertyValue",
  expected: "a path of a file relative to the working directory, without '..'",
});

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const RESOURCE_FILE = record({
  httpUrl: where(z.string(), isHttpUrl, {
    code: "InvalidPropertyValue",
    expected: "an http or https URL",
  }).optional(),
  serverPath: where(z.string(), isStorePath, {
    code: "InvalidPropertyValue",
    expected: "the path of a file of the server's file store, segments of A-Z a-z 0-9 . _ -",
  }).optional(),
  content: where(z.string(), (content) => content.length <= INLINE_CONTENT_MAX_LENGTH, {
    code: "InvalidPropertyValue",
    expected: `text of at most ${INLINE_CONTENT_MAX_LENGTH} characters`,
    fix: "Put larger files into the server's file store and name them by serverPath.",
  }).optional(),
  contentEncoding: oneOf(["utf8", "base64"]).optional(),
  filePath: INSIDE_PATH,
  fileMode: where(z.string(), (mode) => /^[0-7]{3,4}$/.test(mode), {
    code: "InvalidPropertyValue",
    expected: "three or four octal digits as 0770",
  }).optional(),
  sha256: where(z.string(), (digest) => /^[0-9a-fA-F]{64}$/.test(digest), {
    code: "InvalidPropertyValue",
    expected: "64 hexadecimal digits",
  }).optional(),
});

type ResourceFileFields = z.output<typeof RESOURCE_FILE>;

function hasOneSource(file: ResourceFileFields): boolean {
  const sources = [file.httpUrl, file.serverPath, file.content];
  return sources.filter((source) => source !== undefined).length === 1;
}

function isContentReadable(file: ResourceFileFields): boolean {
  if (file.contentEncoding === undefined) return true;
  if (file.content === undefined) return false;
  return file.contentEncoding === "utf8" || BASE64.test(file.content);
}

const CHECKED_RESOURCE_FILE = where(
  where(RESOURCE_FILE, hasOneSource, {
    code: "InvalidPropertyValue",
    expected: "exactly one of httpUrl, serverPath and content",
  }),
  isContentReadable,
  {
    code: "InvalidPropertyValue",
    expected: "contentEncoding only with content, and base64 content that is base64",
  },
).openapi("ResourceFile");

const RESOURCE_FILES = where(
  z.array(CHECKED_RESOURCE_FILE),
  (files) => files.length <= RESOURCE_FILES_MAX,
  { code: "InvalidPropertyValue", expected: `at most ${RESOURCE_FILES_MAX} files` },
);

const USER_IDENTITY = where(
  record({
    userName: text(USER_NAME_MAX_LENGTH).optional(),
    autoUser: record({
      scope: oneOf(["pool", "task"]).optional(),
      elevationLevel: oneOf(["nonadmin", "admin"]).optional(),
    }).optional(),
  }),
  (user) => (user.userName === undefined) !== (user.autoUser === undefined),
  { code: "InvalidPropertyValue", expected: "exactly one of userName and autoUser" },
).openapi("UserIdentity");

const CORES_MAX = 1024;
const RESOURCE_LIMITS = record({
  memoryBytes: integer(1, Number.MAX_SAFE_INTEGER).optional(),
  cpuCores: where(z.number(), (cores) => cores > 0 && cores <= CORES_MAX, {
    code: "InvalidPropertyValue",
    expected: `a number above 0 and at most ${CORES_MAX}`,
  }).optional(),
  processes: integer(1, INT32_MAX).optional(),
}).openapi("ResourceLimits");

const IMAGE_NAME_MAX_LENGTH = 512;
const RUN_OPTIONS_MAX_LENGTH = 4096;
const CONTAINER_SETTINGS = record({
  imageName: text(IMAGE_NAME_MAX_LENGTH),
  containerRunOptions: text(RUN_OPTIONS_MAX_LENGTH).optional(),
  workingDirectory: oneOf(["taskWorkingDirectory", "containerImageDefault"]).optional(),
}).openapi("ContainerSettings");

/** The fields of every command. */
export const COMMAND_FIELDS = {
  commandLine: text(COMMAND_LINE_MAX_LENGTH).openapi({
    description: "Not run under a shell: wrap it with `/bin/sh -c '...'` for variables and pipes.",
  }),
  resourceFiles: RESOURCE_FILES.optional(),
  environmentSettings: ENVIRONMENT_SETTINGS.optional(),
  userIdentity: USER_IDENTITY.optional(),
  resourceLimits: RESOURCE_LIMITS.optional(),
  containerSettings: CONTAINER_SETTINGS.optional().openapi({
    description: "The command runs in a container, on nodes with the docker driver.",
  }),
};

export const WALL_CLOCK = duration(1, Number.MAX_SAFE_INTEGER, {
  code: "InvalidConstraintValue",
  expected: "a duration above zero as PT15M or 15m",
});
export const RETRY_COUNT = integer(-1, INT32_MAX, "InvalidConstraintValue");
export const REQUIRED_SLOTS = integer(1, INT32_MAX);
export const RETENTION = duration();

/** Constraints of a task or preparation; a wall clock of null is unlimited, as leaving it out is. */
export const TASK_CONSTRAINTS = record({
  maxWallClockTime: WALL_CLOCK.nullish(),
  retentionTime: RETENTION.optional(),
  maxTaskRetryCount: RETRY_COUNT.optional(),
}).openapi("TaskConstraints");

/** What blob stores take for a whole key, with room for the part that is the server's own. */
const STORE_PATH_MAX_LENGTH = 1000;
const STORE_SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$/;

/** Keys of the file store: segments of letters, digits, dot, underscore and dash, 1 to 255 of them, none of them only dots. */
export function isStorePath(path: string): boolean {
  if (path.length > STORE_PATH_MAX_LENGTH) return false;
  return path.split("/").every((segment) => STORE_SEGMENT.test(segment));
}

type CommandFields = z.output<z.ZodObject<typeof COMMAND_FIELDS>>;
type Constraints = z.output<typeof TASK_CONSTRAINTS>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Fills what a command has into a spec; what equals the default is left out. */
export function fillCommand(
  spec: Writable<CommandSpec>,
  fields: CommandFields,
  constraints: Pick<Constraints, "maxWallClockTime" | "retentionTime"> | undefined,
): void {
  if (fields.environmentSettings !== undefined && fields.environmentSettings.length > 0) {
    spec.environmentSettings = fields.environmentSettings;
  }
  if (fields.resourceFiles !== undefined && fields.resourceFiles.length > 0) {
    spec.resourceFiles = fields.resourceFiles.map(toResourceFile);
  }
  if (fields.userIdentity !== undefined) spec.userIdentity = toUserIdentity(fields.userIdentity);
  if (fields.resourceLimits !== undefined) {
    const { memoryBytes, cpuCores, processes } = fields.resourceLimits;
    spec.limits = {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(cpuCores === undefined ? {} : { cpuCores }),
      ...(processes === undefined ? {} : { processes }),
    };
  }
  if (fields.containerSettings !== undefined) {
    const { imageName, containerRunOptions, workingDirectory } = fields.containerSettings;
    spec.container = {
      imageName,
      ...(containerRunOptions === undefined ? {} : { containerRunOptions }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
    };
  }
  if (constraints === undefined) return;
  if (typeof constraints.maxWallClockTime === "string") {
    spec.maxWallClockMs = milliseconds(constraints.maxWallClockTime);
  }
  if (constraints.retentionTime !== undefined) {
    spec.retentionMs = milliseconds(constraints.retentionTime);
  }
}

function toResourceFile(file: ResourceFileFields): ResourceFile {
  const { filePath, fileMode, sha256 } = file;
  return {
    source: toSource(file),
    filePath,
    ...(fileMode === undefined ? {} : { fileMode }),
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
  };
}

function toSource(file: ResourceFileFields): ResourceFile["source"] {
  if (file.httpUrl !== undefined) return { kind: "url", url: file.httpUrl };
  if (file.serverPath !== undefined) return { kind: "server", path: file.serverPath };
  return { kind: "inline", content: file.content ?? "", encoding: file.contentEncoding ?? "utf8" };
}

function toUserIdentity(user: z.output<typeof USER_IDENTITY>): UserIdentity {
  if (user.userName !== undefined) return { kind: "named", userName: user.userName };
  return {
    kind: "auto",
    scope: user.autoUser?.scope ?? "pool",
    elevationLevel: user.autoUser?.elevationLevel ?? "nonadmin",
  };
}
