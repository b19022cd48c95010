import { brokenCheckRules } from "../../model/checkRules.ts";
import type { CheckSpec, ServiceSpec } from "../../model/group.ts";
import type { ReadBlock } from "../read/block.ts";
import type { Reading } from "../read/reading.ts";
import type { CHECK, SERVICE } from "../schema/services.ts";

/** RFC 1123 labels; a name with `${` is known on the node only. */
const SERVICE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

export function serviceIssues(
  { name }: ServiceSpec,
  block: ReadBlock<typeof SERVICE.attributes>,
  reading: Reading,
): void {
  if (name.includes("${") || SERVICE_NAME.test(name)) return;
  const message = `Expected the name of a service to have letters, digits and -, at most 63, and got "${name}".`;
  reading.error("service_name_invalid", block.rangeOf("name"), message, "Give it a name.");
}

type CheckBlock = ReadBlock<typeof CHECK.attributes>;

/** What is refused where it stands has no place in the spec. */
const NOT_IN_SPEC = {
  failuresBeforeWarning: 0,
  tlsServerName: "",
  expose: false,
  addressMode: "auto",
};

export function checkIssues(
  check: CheckSpec,
  block: CheckBlock,
  provider: string,
  reading: Reading,
): void {
  for (const { code, at, message, fix } of brokenCheckRules(
    { ...NOT_IN_SPEC, ...check },
    provider,
  )) {
    reading.error(code, block.rangeOf(at), message, fix);
  }
}
