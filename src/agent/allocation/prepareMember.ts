import type { MemberEventType } from "../../model/allocation.ts";
import type { ArtifactSpec } from "../../model/group.ts";
import { interpolate, type Lookup } from "../../model/interpolation/interpolate.ts";
import { bringArtifacts } from "../artifacts/artifacts.ts";
import type { StartFailure as CoreFailure, MemberProcess } from "../core/contract.ts";
import { type Driver, isStartFailure, startFailureOf, unrecoverable } from "../drivers/driver.ts";
import { writeBelow } from "../files/writeBelow.ts";
import type { DriverOptions } from "../options.ts";
import { memberUser, type TaskUser, type UserRules } from "../platform/users.ts";
import type { Download } from "../prepare/download.ts";
import type { KeyStore } from "../templates/keys.ts";
import {
  renderTemplates,
  type TemplateParts,
  templatedEnvironment,
} from "../templates/memberTemplates.ts";
import { makeMemberDirectories } from "./directories.ts";
import {
  allocationDirectory,
  memberDirectories,
  namedDirectories,
  namesBelow,
  spoolDirectory,
} from "./layout.ts";
import { accountOf, type MemberSurroundings, memberStart, scopeOf, specOf } from "./memberStart.ts";

export interface PrepareMemberParts {
  readonly surroundings: MemberSurroundings;
  readonly users: UserRules;
  readonly download: Download;
  readonly keys: KeyStore;
  readonly driverOptions: DriverOptions;
  /** Tells people what is being done. */
  readonly say: (type: MemberEventType, description: string) => void;
}

/** Makes ready what the member needs before each of its starts; null: it may be started. */
export async function prepareMember(
  process: MemberProcess,
  isPrepared: boolean,
  driver: Driver,
  parts: PrepareMemberParts,
  signal: AbortSignal,
): Promise<CoreFailure | null> {
  const { surroundings, say } = parts;
  const spec = specOf(process);
  const user = userOf(process, parts);
  if (user !== null && "code" in user) return startFailureOf(unrecoverable(user.message));
  const directory = allocationDirectory(surroundings.rootDirectory, process.order);
  try {
    makeMemberDirectories(memberDirectories(directory, spec.name), user);
  } catch (error) {
    return startFailureOf({ message: String(error), isRecoverable: true });
  }
  const template = templateParts(process, parts, user);
  const failure =
    (await writePayload(process, template)) ??
    (isPrepared ? null : await bringAll(process, template, driver, parts, signal)) ??
    (await renderAll(process, template, parts, signal));
  if (failure !== null) return failure;
  const templated = templatedEnvironment(spec.templates, template);
  if (isStartFailure(templated)) return startFailureOf(templated);
  const start = memberStart(process, surroundings, templated as Record<string, string>);
  if (isStartFailure(start)) return startFailureOf(start);
  const refused = await driver.prepare(start, signal, (text) => say("Driver", text));
  return refused === null ? null : startFailureOf(refused, "Driver Failure");
}

/** Whose files the member's are; null: a container has users of its own. */
function userOf(process: MemberProcess, { surroundings, users }: PrepareMemberParts) {
  const spec = specOf(process);
  if (spec.driver === "docker") return null;
  const { lookup } = scopeOf(process, surroundings);
  const name = spec.user === null ? null : interpolate(spec.user, lookup);
  return memberUser(name, spec.driver === "raw_exec" ? null : accountOf(process), users);
}

/** What templates, artifacts and the payload of a member are written with. */
export function templateParts(
  process: MemberProcess,
  parts: Pick<PrepareMemberParts, "surroundings" | "users" | "keys" | "driverOptions"> &
    PrepareMemberParts,
  user: TaskUser | null,
): TemplateParts {
  const { order } = process;
  const spec = specOf(process);
  const { surroundings, keys } = parts;
  const root = allocationDirectory(surroundings.rootDirectory, order);
  const named = namedDirectories(memberDirectories(root, spec.name), spec.driver);
  return {
    root,
    namesOf: (path) => namesBelow(path, spec.name, named),
    owner: { uid: user?.uid ?? null, gid: user?.gid ?? null },
    scope: scopeOf(process, surroundings),
    meta: { ...order.allocation.meta, ...order.allocation.group.meta, ...spec.meta },
    keys,
  };
}

/** As templateParts, for a member that was prepared before. */
export function watchedParts(process: MemberProcess, parts: PrepareMemberParts): TemplateParts {
  const user = userOf(process, parts);
  return templateParts(process, parts, user === null || "code" in user ? null : user);
}

async function writePayload(
  process: MemberProcess,
  { root, namesOf, owner }: TemplateParts,
): Promise<CoreFailure | null> {
  const { payload } = process.order.allocation;
  const { dispatchPayloadFile: file } = specOf(process);
  if (file === null || payload === null) return null;
  const names = namesOf(`local/${file}`);
  if (names === null) {
    return startFailureOf(unrecoverable(`The payload's file ${file} leaves the task's directory.`));
  }
  const refusal = await writeBelow(root, names, owner, 0o644, Buffer.from(payload, "base64"));
  return refusal === undefined ? null : startFailureOf(unrecoverable(refusal.message));
}

async function bringAll(
  process: MemberProcess,
  template: TemplateParts,
  driver: Driver,
  parts: PrepareMemberParts,
  signal: AbortSignal,
): Promise<CoreFailure | null> {
  const { artifacts } = specOf(process);
  if (artifacts.length === 0) return null;
  parts.say("Downloading Artifacts", "Client is downloading artifacts");
  const { root, namesOf, owner, scope } = template;
  const failure = await bringArtifacts(
    artifacts.map((artifact) => filled(artifact, scope.lookup)),
    {
      root,
      staging: spoolDirectory(root),
      namesOf,
      owner,
      mayReadFiles: parts.driverOptions.docker.allowHostPaths || (await driver.seesNode()),
      download: parts.download,
      signal,
    },
  );
  return failure === null ? null : startFailureOf(failure, "Failed Artifact Download");
}

function filled(artifact: ArtifactSpec, lookup: Lookup): ArtifactSpec {
  const all = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, interpolate(text, lookup)]),
    );
  return {
    ...artifact,
    source: interpolate(artifact.source, lookup),
    destination: interpolate(artifact.destination, lookup),
    options: all(artifact.options),
    headers: all(artifact.headers),
  };
}

async function renderAll(
  process: MemberProcess,
  template: TemplateParts,
  { say }: PrepareMemberParts,
  signal: AbortSignal,
): Promise<CoreFailure | null> {
  const missing = new Set<string>();
  const rendered = await renderTemplates(specOf(process).templates, template, signal, (path) => {
    if (!missing.has(path)) say("Template", `Missing: key ${path}`);
    missing.add(path);
  });
  return isStartFailure(rendered) ? startFailureOf(rendered) : null;
}
