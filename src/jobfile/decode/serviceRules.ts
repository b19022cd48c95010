import { brokenCheckRules } from "../../model/checkRules.ts";
import type { CheckSpec, ServiceSpec } from "../../model/group.ts";
import type { ReadBlock } from "../read/block.ts";
import type { Reading } from "../read/reading.ts";
import { isEmpty } from "../read/values.ts";
import type { CHECK, SERVICE } from "../schema/services.ts";
import type { PlainValue } from "../tree.ts";

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
  foreignIssues(check.type, block, reading);
}

const OF_HTTP = ["path", "method", "protocol", "header", "body", "tls_skip_verify"] as const;
const OF_SCRIPT = ["command", "args"] as const;

/** What the probe of each type makes nothing of. */
const FOREIGN = {
  http: OF_SCRIPT,
  tcp: [...OF_HTTP, ...OF_SCRIPT],
  script: OF_HTTP,
} as const satisfies Readonly<Record<CheckSpec["type"], readonly string[]>>;

/** An attribute of another type of check, as a `path` of a tcp check: nothing would ever read it. */
function foreignIssues(type: CheckSpec["type"], block: CheckBlock, reading: Reading): void {
  // Without a type, which is an error of its own, nothing is foreign.
  if (!reading.refuses || block.written.type === undefined) return;
  for (const name of FOREIGN[type]) {
    if (asksForNothing(block.written[name])) continue;
    const owner = name === "command" || name === "args" ? "script" : "http";
    const message = `${name} is for checks of type ${owner}, and this one is of type ${type}.`;
    const fix = `Remove it, or write type = "${owner}".`;
    reading.error("not_supported_for_check_type", block.rangeOf(name), message, fix);
  }
}

function asksForNothing(value: PlainValue | undefined): boolean {
  return value === undefined || isEmpty(value);
}
