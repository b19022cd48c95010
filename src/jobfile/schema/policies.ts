import { healthCheck } from "./placement.ts";
import {
  type BlockSchema,
  choice,
  duration,
  later,
  refused,
  text,
  texts,
  truth,
  whole,
} from "./schema.ts";

export const RESTART = {
  name: "restart",
  about:
    "What a task does when its process ends, on its node. In a group and, over that, in a task.",
  label: null,
  attributes: {
    attempts: whole("restarts in one interval", { default: "2; batch, sysbatch: 3" }),
    interval: duration("fixed window of the attempts", {
      default: '"30m"; batch, sysbatch: "24h"',
    }),
    delay: duration("before each restart; up to a quarter is added by chance", {
      default: '"15s"',
    }),
    mode: choice(["fail", "delay"], "when the attempts are used up", {
      default: '"fail"',
      invalid: "mode_invalid",
    }),
    render_templates: refused("templates are rendered again when they change"),
  },
  blocks: {},
} satisfies BlockSchema;

export const RESCHEDULE = {
  name: "reschedule",
  about:
    "When a failed execution is replaced on another node. In a job and, over that, in a group.",
  label: null,
  attributes: {
    attempts: whole("replacements in one interval", { default: "0; batch: 1" }),
    interval: duration("sliding window of the attempts", { default: '"0"; batch: "24h"' }),
    delay: duration("before the first", { default: '"30s"; batch: "5s"' }),
    delay_function: choice(["constant", "exponential", "fibonacci"], "how the delay grows", {
      default: '"exponential"; batch: "constant"',
      invalid: "delay_function_invalid",
    }),
    max_delay: duration("ceiling of the delay", { default: '"1h"; batch: "0"' }),
    unlimited: truth("no limit of attempts", { default: "true; batch: false" }),
  },
  blocks: {},
} satisfies BlockSchema;

export const UPDATE = {
  name: "update",
  about:
    "How a new version takes the place of the old one (service, system). In a job and, over that, in a group.",
  label: null,
  attributes: {
    max_parallel: whole("executions replaced at once; 0: all, with no deployment", {
      default: "1",
    }),
    health_check: healthCheck("what makes an execution healthy"),
    min_healthy_time: duration("how long it must be so", { default: '"10s"' }),
    healthy_deadline: duration("until when it must be so", { default: '"5m"' }),
    progress_deadline: duration("for the next healthy one; 0: the first unhealthy one fails it", {
      default: '"10m"',
    }),
    auto_revert: truth("go back to the last good version when it fails"),
    canary: whole("executions of a new version beside the old ones first (service)", {
      default: "0",
    }),
    auto_promote: truth("go on by itself when all canaries are healthy"),
    stagger: duration("between steps of a system job", {
      default: '"30s"',
      minMs: 1,
      belowMin: "stagger_not_positive",
    }),
  },
  blocks: {},
} satisfies BlockSchema;

export const MIGRATE = {
  name: "migrate",
  about:
    "How executions leave a node that is drained (service). In a job and, over that, in a group.",
  label: null,
  attributes: {
    max_parallel: whole("executions moved at once", { default: "1" }),
    health_check: choice(["checks", "task_states"], "what makes an execution healthy", {
      default: '"checks"',
    }),
    min_healthy_time: duration("how long it must be so", { default: '"10s"' }),
    healthy_deadline: duration("until when it must be so", { default: '"5m"' }),
  },
  blocks: {},
} satisfies BlockSchema;

export const DISCONNECT = {
  name: "disconnect",
  about: "What happens when a node is out of contact.",
  label: null,
  attributes: {
    lost_after: duration("how long an execution stays unknown before it is lost", {
      default: '"0"',
    }),
    replace: truth("start a replacement while it is unknown", { default: "true" }),
    reconcile: choice(
      ["best_score", "keep_original", "keep_replacement", "longest_running"],
      "which of the two is kept on return",
      { default: '"best_score"' },
    ),
    stop_on_client_after: duration("the node stops the tasks by itself (service, batch)"),
  },
  blocks: {},
} satisfies BlockSchema;

export const EPHEMERAL_DISK = {
  name: "ephemeral_disk",
  about: "Disk of an execution, logs included.",
  label: null,
  attributes: {
    size: whole("MB", { min: 10, default: "300", json: "SizeMB" }),
    sticky: later(
      truth("a replacement on the same node keeps it"),
      "each execution begins with an empty disk",
    ),
    migrate: later(
      truth("a replacement on another node gets a copy"),
      "each execution begins with an empty disk",
    ),
  },
  blocks: {},
} satisfies BlockSchema;

export const PERIODIC = {
  name: "periodic",
  about: "Starts a child job at times (batch, sysbatch).",
  label: null,
  attributes: {
    cron: text(
      "five fields; six: the year last; seven: the seconds first too; or `@daily` and the like",
      { json: "Spec" },
    ),
    crons: texts("several", { json: "Specs" }),
    enabled: truth("off: nothing is started", { default: "true" }),
    prohibit_overlap: truth("skip a time while the child before it runs"),
    time_zone: text("IANA", { default: '"UTC"' }),
  },
  blocks: {},
  answers: ["SpecType"],
} satisfies BlockSchema;

export const PARAMETERIZED = {
  name: "parameterized",
  about: "A job that runs only by dispatch (batch, sysbatch).",
  label: null,
  attributes: {
    payload: choice(["optional", "required", "forbidden"], "at most 16 KiB", {
      default: '"optional"',
    }),
    meta_required: texts("keys that a dispatch must give"),
    meta_optional: texts("keys that it may give"),
  },
  blocks: {},
} satisfies BlockSchema;
