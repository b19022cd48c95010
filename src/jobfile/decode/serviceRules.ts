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

interface CheckRule {
  readonly code: string;
  readonly at: keyof typeof CHECK.attributes;
  readonly isBroken: (check: CheckSpec, provider: string) => boolean;
  readonly message: string;
  readonly fix?: string;
}

const isAbsolute = (path: string) => /^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith("//");
const isWatched = ({ checkRestart }: CheckSpec) => (checkRestart?.limit ?? 0) > 0;
const isNomad = (provider: string) => provider === "nomad";
const NOT_NOMAD = 'Write provider = "consul", which is served here too.';

const CHECK_RULES: readonly CheckRule[] = [
  {
    code: "http_path_missing",
    at: "path",
    isBroken: ({ type, path }) => type === "http" && path === "",
    message: "Expected a path in a check of type http and found none.",
    fix: 'Write path = "/".',
  },
  {
    code: "http_path_not_relative",
    at: "path",
    isBroken: ({ type, path }) => type === "http" && isAbsolute(path),
    message: "Expected the path of a check without scheme and host.",
    fix: "Write what comes after the host; the port is an attribute of its own.",
  },
  {
    code: "script_command_missing",
    at: "command",
    isBroken: ({ type, command }) => type === "script" && command === "",
    message: "Expected a command in a check of type script and found none.",
  },
  {
    code: "check_port_missing",
    at: "port",
    isBroken: ({ type, port }) => type !== "script" && port === null,
    message: "Expected a port in the check or in its service and found none.",
    fix: "Write the label of a port of the group, or a number.",
  },
  {
    code: "on_update_conflicts_with_check_restart",
    at: "on_update",
    isBroken: (check) => check.onUpdate === "ignore" && isWatched(check),
    message: 'A check with on_update = "ignore" cannot have check_restart.',
  },
  {
    code: "on_update_conflicts_with_check_restart",
    at: "on_update",
    isBroken: (check) =>
      check.onUpdate === "ignore_warnings" &&
      isWatched(check) &&
      check.checkRestart?.ignoreWarnings === false,
    message:
      'A check with on_update = "ignore_warnings" needs check_restart.ignore_warnings = true.',
  },
  {
    code: "success_before_passing_not_supported_for_type",
    at: "success_before_passing",
    isBroken: ({ type, successBeforePassing }) => type === "script" && successBeforePassing > 0,
    message: "success_before_passing is not for checks of type script.",
  },
  {
    code: "failures_before_critical_not_supported_for_type",
    at: "failures_before_critical",
    isBroken: ({ type, failuresBeforeCritical }) => type === "script" && failuresBeforeCritical > 0,
    message: "failures_before_critical is not for checks of type script.",
  },
  {
    code: "type_not_supported",
    at: "type",
    isBroken: ({ type }, provider) => isNomad(provider) && type === "script",
    message: 'The provider "nomad" has checks of type http and tcp only.',
    fix: NOT_NOMAD,
  },
  {
    code: "on_update_ignore_warnings_not_supported",
    at: "on_update",
    isBroken: ({ onUpdate }, provider) => isNomad(provider) && onUpdate === "ignore_warnings",
    message: 'The provider "nomad" knows no warnings, so none can be ignored.',
    fix: NOT_NOMAD,
  },
  {
    code: "check_restart_ignore_warnings_not_supported",
    at: "on_update",
    isBroken: ({ checkRestart }, provider) =>
      isNomad(provider) && checkRestart?.ignoreWarnings === true,
    message: 'The provider "nomad" knows no warnings, so check_restart cannot ignore them.',
    fix: NOT_NOMAD,
  },
  {
    code: "success_before_passing_not_supported",
    at: "success_before_passing",
    isBroken: (check, provider) => isNomad(provider) && check.successBeforePassing > 0,
    message: 'The provider "nomad" has no success_before_passing.',
    fix: NOT_NOMAD,
  },
  {
    code: "failures_before_critical_not_supported",
    at: "failures_before_critical",
    isBroken: (check, provider) => isNomad(provider) && check.failuresBeforeCritical > 0,
    message: 'The provider "nomad" has no failures_before_critical.',
    fix: NOT_NOMAD,
  },
];

export function checkIssues(
  check: CheckSpec,
  block: CheckBlock,
  provider: string,
  reading: Reading,
): void {
  for (const { code, at, isBroken, message, fix } of CHECK_RULES) {
    if (isBroken(check, provider)) reading.error(code, block.rangeOf(at), message, fix);
  }
}
