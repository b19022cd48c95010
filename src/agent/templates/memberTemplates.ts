import { closeSync, constants, readFileSync } from "node:fs";
import type { TemplateSpec } from "../../model/group.ts";
import { interpolate } from "../../model/interpolation/interpolate.ts";
import { fillReferences } from "../../model/template/references.ts";
import type { MemberScope } from "../allocation/memberStart.ts";
import { recoverable, type StartFailure, unrecoverable } from "../drivers/driver.ts";
import { isRefusal, openEntry, withDirectory } from "../files/open.ts";
import { type FileOwner, writeBelow } from "../files/writeBelow.ts";
import { readEnvironment } from "./environmentFile.ts";
import type { KeyStore } from "./keys.ts";
import { render } from "./render.ts";

export interface TemplateParts {
  /** The allocation's folder; sources and destinations are names below it. */
  readonly root: string;
  readonly namesOf: (path: string) => readonly string[] | null;
  readonly owner: FileOwner;
  readonly scope: MemberScope;
  /** Of job, group and member. */
  readonly meta: Readonly<Record<string, string>>;
  readonly keys: KeyStore;
}

/** A template as it was rendered last. */
export interface RenderedTemplate {
  readonly spec: TemplateSpec;
  readonly names: readonly string[];
  readonly text: string;
  /** Keys that it has read: without any it never changes. */
  readonly paths: readonly string[];
}

/** Between looks for a key that is not there yet. */
const KEY_AGAIN_MS = 1_000;
const FILE_MAX_BYTES = 4 * 1024 * 1024;

/** Renders all templates and writes them; waits for keys that are not there, and tells it by `onMissing`. */
export async function renderTemplates(
  specs: readonly TemplateSpec[],
  parts: TemplateParts,
  signal: AbortSignal,
  onMissing: (path: string) => void,
): Promise<readonly RenderedTemplate[] | StartFailure> {
  const rendered: RenderedTemplate[] = [];
  for (const spec of specs) {
    const one = await renderTemplate(spec, parts, signal, onMissing);
    if ("isRecoverable" in one) return one;
    const failure = await writeTemplate(one, parts);
    if (failure !== null) return failure;
    rendered.push(one);
  }
  return rendered;
}

export async function renderTemplate(
  spec: TemplateSpec,
  parts: TemplateParts,
  signal: AbortSignal,
  onMissing: (path: string) => void,
): Promise<RenderedTemplate | StartFailure> {
  if (spec.changeMode === "script") {
    return unrecoverable(templateText(spec, "change_mode script is not supported"));
  }
  const names = parts.namesOf(interpolate(spec.destination, parts.scope.lookup));
  if (names === null) {
    return unrecoverable(templateText(spec, "its destination leaves the task's directory"));
  }
  const text = textOf(spec, parts);
  if (typeof text !== "string") return text;
  const found = new Map<string, string | null>();
  const delimiters = { left: spec.leftDelimiter, right: spec.rightDelimiter };
  const data = {
    environment: environmentOf(parts.scope),
    meta: parts.meta,
    key: (path: string) => found.get(path),
  };
  for (;;) {
    const result = render(text, delimiters, data);
    if (result.outcome === "failed") return unrecoverable(templateText(spec, result.reason));
    if (result.outcome === "rendered") {
      return { spec, names, text: result.text, paths: [...found.keys()] };
    }
    if (result.outcome === "keyMissing") {
      onMissing(result.path);
      await Bun.sleep(KEY_AGAIN_MS);
    }
    if (signal.aborted) return recoverable(templateText(spec, "it was given up"));
    try {
      found.set(result.path, await parts.keys(result.path, signal));
    } catch (error) {
      return recoverable(templateText(spec, `key ${result.path}: ${String(error)}`));
    }
  }
}

/** Null: it is written. */
export async function writeTemplate(
  { spec, names, text }: RenderedTemplate,
  { root, owner }: TemplateParts,
): Promise<StartFailure | null> {
  const mode = /^[0-7]{3,4}$/.test(spec.perms) ? Number.parseInt(spec.perms, 8) : 0o644;
  try {
    const refusal = await writeBelow(root, names, owner, mode, Buffer.from(text));
    return refusal === undefined ? null : unrecoverable(templateText(spec, refusal.message));
  } catch (error) {
    return recoverable(templateText(spec, String(error)));
  }
}

/** What templates of `env = true` add to the environment, read from where they were written. */
export function templatedEnvironment(
  specs: readonly TemplateSpec[],
  parts: Pick<TemplateParts, "root" | "namesOf" | "scope">,
): Record<string, string> | StartFailure {
  const all: Record<string, string> = {};
  for (const spec of specs) {
    if (!spec.env) continue;
    const names = parts.namesOf(interpolate(spec.destination, parts.scope.lookup)) ?? [];
    const text = readBelow(parts.root, names);
    if (text === null) return recoverable(templateText(spec, "it is not there to be read"));
    const read = readEnvironment(text);
    if ("mistake" in read) return unrecoverable(templateText(spec, read.mistake));
    Object.assign(all, read.values);
  }
  return all;
}

function textOf(spec: TemplateSpec, parts: TemplateParts): string | StartFailure {
  const { lookup } = parts.scope;
  const fill = (written: string) => fillReferences(written, (name) => lookup(name) ?? undefined);
  if (spec.source === null || spec.source === "") return fill(spec.data);
  const names = parts.namesOf(interpolate(spec.source, lookup));
  const text = names === null ? null : readBelow(parts.root, names);
  if (text === null) {
    return unrecoverable(templateText(spec, `there is no ${spec.source} in the task's directory`));
  }
  return fill(text);
}

/** `env` also knows the node (Nomad): `env "node.datacenter"`, `env "attr.kernel.name"`. */
function environmentOf({ environment, traits }: MemberScope): Record<string, string> {
  const attributes = Object.entries(traits.attributes).map(([name, value]) => [
    `attr.${name}`,
    value,
  ]);
  const meta = Object.entries(traits.meta).map(([name, value]) => [`meta.${name}`, value]);
  return {
    ...Object.fromEntries([...attributes, ...meta]),
    "node.unique.id": traits.id,
    "node.unique.name": traits.name,
    "node.datacenter": traits.datacenter,
    "node.class": traits.nodeClass,
    "node.pool": traits.pool,
    ...environment,
  };
}

function readBelow(root: string, names: readonly string[]): string | null {
  const file = withDirectory(root, names.slice(0, -1), (directory) =>
    openEntry(directory, names, constants.O_RDONLY),
  );
  if (isRefusal(file)) return null;
  try {
    const text = readFileSync(file, "utf8");
    return text.length > FILE_MAX_BYTES ? null : text;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

function templateText({ destination }: TemplateSpec, reason: string): string {
  return `Template ${destination}: ${reason.replace(/\.$/, "")}.`;
}
