import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dataLayout } from "../directories.ts";
import { detectGroupLayout, type GroupLayout } from "./groupLayout.ts";
import { type Groups, openGroups, withoutGroups } from "./groups.ts";

/**
 * The control groups of the node with this data directory, the same in every life of its agent: where they are is
 * remembered, as the next agent, or whoever stops the node, may itself be in another group.
 */
export function nodeGroups(place: { dataDirectory: string; cgroups: "auto" | "off" }): Groups {
  if (place.cgroups === "off") return withoutGroups("control groups are switched off");
  const { groupsPath } = dataLayout(place.dataDirectory);
  const name = `stint-${createHash("sha256").update(resolve(place.dataDirectory)).digest("hex").slice(0, 12)}`;
  const layout = remembered(groupsPath, name) ?? detectGroupLayout();
  if (existsSync(place.dataDirectory)) writeFileSync(groupsPath, JSON.stringify(layout));
  return openGroups(layout, name);
}

/** Null: nothing is remembered, or it is not there any more, as after a reboot. */
function remembered(path: string, name: string): GroupLayout | null {
  if (!existsSync(path)) return null;
  const layout = parseLayout(readFileSync(path, "utf8"));
  if (layout === null || layout.kind === "none") return null;
  const { kind: _, ...directories } = layout;
  const all = Object.values(directories).filter((directory) => directory !== null);
  return all.every((directory) => existsSync(join(directory, name))) ? layout : null;
}

function parseLayout(text: string): GroupLayout | null {
  try {
    return JSON.parse(text) as GroupLayout;
  } catch {
    return null;
  }
}
