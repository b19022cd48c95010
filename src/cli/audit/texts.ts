import type { AuditRecordAnswer } from "../../protocol/api/answer/audit.ts";

/** `bumbee(user)`; nothing where nobody is known. */
export function whoText({ by }: AuditRecordAnswer): string | undefined {
  return by.kind === "nobody" ? undefined : `${by.id}(${by.kind})`;
}

/** What the path names; of what was made, its id. */
export function objectText({ object, details }: AuditRecordAnswer): string | undefined {
  const names = Object.values(object).map(String);
  const made = details["id"];
  if (names.length === 0 && typeof made === "string") return made;
  return names.length === 0 ? undefined : names.join(" ");
}

export function outcomeText({ outcome, code }: AuditRecordAnswer): string {
  return code === null ? outcome : `${outcome} (${code})`;
}
