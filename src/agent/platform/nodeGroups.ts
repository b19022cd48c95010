import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { detectGroupLayout } from "./groupLayout.ts";
import { type Groups, openGroups, withoutGroups } from "./groups.ts";

/** The control groups of the node with this data directory, the same in every life of its agent. */
export function nodeGroups(place: { dataDirectory: string; cgroups: "auto" | "off" }): Groups {
  if (place.cgroups === "off") return withoutGroups("control groups are switched off");
  const name = createHash("sha256").update(resolve(place.dataDirectory)).digest("hex").slice(0, 12);
  return openGroups(detectGroupLayout(), `stint-${name}`);
}
