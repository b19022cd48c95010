import type { CheckRestart } from "./groupPolicy.ts";

/** A check as it is written, also with what is not run here: the rules are Nomad's. */
export interface CheckWish {
  /** `http`, `tcp`, `script`, `grpc`. */
  readonly type: string;
  readonly path: string;
  readonly command: string;
  /** Its own or its service's; null: there is none. */
  readonly port: string | null;
  readonly onUpdate: string;
  /** Merged with the service's. */
  readonly checkRestart: CheckRestart | null;
  readonly successBeforePassing: number;
  readonly failuresBeforeCritical: number;
  readonly failuresBeforeWarning: number;
  readonly tlsServerName: string;
  readonly expose: boolean;
  readonly addressMode: string;
}

/** Attribute of a check that a rule is about. */
export type CheckAttribute =
  | "type"
  | "path"
  | "command"
  | "port"
  | "on_update"
  | "success_before_passing"
  | "failures_before_critical"
  | "failures_before_warning"
  | "tls_server_name"
  | "expose"
  | "address_mode";

/** A rule that a check breaks. */
export interface BrokenRule {
  readonly code: string;
  readonly at: CheckAttribute;
  readonly message: string;
  readonly fix?: string;
}

interface CheckRule extends BrokenRule {
  readonly isBroken: (check: CheckWish, provider: string) => boolean;
}

/** Least `interval` and `timeout` of a check. */
export const CHECK_TIME_MIN_MS = 1_000;

const isAbsolute = (path: string) => /^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith("//");
const isWatched = ({ checkRestart }: CheckWish) => (checkRestart?.limit ?? 0) > 0;
const isNomad = (provider: string) => provider === "nomad";
const NOT_NOMAD = 'Write provider = "consul", which is served here too.';

const RULES: readonly CheckRule[] = [
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
    code: "failures_before_warning_not_supported_for_type",
    at: "failures_before_warning",
    isBroken: ({ type, failuresBeforeWarning }) => type === "script" && failuresBeforeWarning > 0,
    message: "failures_before_warning is not for checks of type script.",
  },
  {
    code: "type_not_supported",
    at: "type",
    isBroken: ({ type }, provider) => isNomad(provider) && type !== "http" && type !== "tcp",
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
  {
    code: "failures_before_warning_not_supported",
    at: "failures_before_warning",
    isBroken: (check, provider) => isNomad(provider) && check.failuresBeforeWarning > 0,
    message: 'The provider "nomad" has no failures_before_warning.',
    fix: NOT_NOMAD,
  },
  {
    code: "tls_server_name_not_supported",
    at: "tls_server_name",
    isBroken: ({ tlsServerName }, provider) => isNomad(provider) && tlsServerName !== "",
    message: 'The provider "nomad" has no tls_server_name.',
  },
  {
    code: "expose_not_supported",
    at: "expose",
    isBroken: ({ expose }, provider) => isNomad(provider) && expose,
    message: 'The provider "nomad" has no expose.',
  },
  {
    code: "address_mode_not_supported",
    at: "address_mode",
    isBroken: ({ addressMode }, provider) => isNomad(provider) && addressMode === "driver",
    message: 'The provider "nomad" has no address_mode = "driver".',
  },
];

/** All rules that a check of the provider breaks, in the order of the attributes they are about. */
export function brokenCheckRules(check: CheckWish, provider: string): readonly BrokenRule[] {
  return RULES.filter(({ isBroken }) => isBroken(check, provider));
}
