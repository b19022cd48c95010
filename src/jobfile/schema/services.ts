import {
  type BlockSchema,
  block,
  choice,
  duration,
  map,
  refused,
  refusedBlock,
  text,
  texts,
  textsMap,
  truth,
  whole,
} from "./schema.ts";

const SECOND_MS = 1000;
const NO_CANARY_SERVICE = "a canary is as much part of its service as any other";
const NO_CONSUL = "services are registered here, not in Consul";
const ON_UPDATE = ["require_healthy", "ignore_warnings", "ignore"] as const;
const NO_GRPC = "gRPC checks are not run";

export const CHECK_RESTART = {
  name: "check_restart",
  about:
    "Restarts a task whose check keeps failing. In a service (for all its checks) or in a check.",
  label: null,
  attributes: {
    limit: whole("failing checks in a row; 0: off", { default: "0" }),
    grace: duration("after each start before a failing check counts", { default: '"1s"' }),
    ignore_warnings: truth("a warning is no failure"),
  },
  blocks: {},
} satisfies BlockSchema;

export const CHECK = {
  name: "check",
  about: "A probe of a service.",
  label: null,
  attributes: {
    name: text("for people", { default: '`service: "NAME" check`' }),
    type: choice(["http", "tcp", "script"], "kind of probe", { required: "type_missing" }),
    port: text("label of a port or a number", { default: "the service's", json: "PortLabel" }),
    path: text("of http; relative", { default: '""' }),
    method: text("of http", { default: '"GET"' }),
    protocol: choice(["http", "https"], "of http", { default: '"http"' }),
    header: textsMap("of http; lists of texts"),
    body: text("of http", { default: '""' }),
    tls_skip_verify: truth("of https", { json: "TLSSkipVerify" }),
    command: text("of script; runs in the task", { default: '""' }),
    args: texts("of script"),
    task: text("task that it belongs to: runs its script, is restarted by it", {
      json: "TaskName",
    }),
    interval: duration("between probes; at least 1s", {
      required: "interval_below_minimum",
      minMs: SECOND_MS,
      belowMin: "interval_below_minimum",
    }),
    timeout: duration("of one probe; at least 1s", {
      required: "timeout_below_minimum",
      minMs: SECOND_MS,
      belowMin: "timeout_below_minimum",
    }),
    initial_status: choice(["passing", "warning", "critical"], "until the first probe"),
    on_update: choice(ON_UPDATE, "whether an update waits for it", { default: "the service's" }),
    success_before_passing: whole("successes in a row; tcp, http", { default: "0" }),
    failures_before_critical: whole("failures in a row; tcp, http", { default: "0" }),
    failures_before_warning: refused("checks go from passing to critical"),
    address_mode: choice(["auto", "host"], "address that is probed", { default: '"auto"' }),
    expose: refused(NO_CONSUL),
    advertise: refused(NO_CONSUL),
    tls_server_name: refused("the name in a certificate is that of the address", {
      json: "TLSServerName",
    }),
    grpc_service: refused(NO_GRPC, { json: "GRPCService" }),
    grpc_use_tls: refused(NO_GRPC, { json: "GRPCUseTLS" }),
    notes: refused("nothing shows them"),
  },
  blocks: { check_restart: block(() => CHECK_RESTART, "CheckRestart") },
  answers: ["Id", "CheckID", "Interval_s"],
} satisfies BlockSchema;

export const SERVICE = {
  name: "service",
  about:
    "Makes an execution known under a name, with its address, while it runs. In a group or a task.",
  label: null,
  attributes: {
    name: text("letters, digits, `-`; at most 63", {
      default: "`JOB-GROUP`, in a task `JOB-GROUP-TASK`",
    }),
    port: text("label of a port or a number", { json: "PortLabel" }),
    provider: choice(["nomad", "consul"], "both are served here", { default: '"consul"' }),
    tags: texts("free"),
    meta: map("free"),
    address_mode: choice(["auto", "host"], "address that is made known", { default: '"auto"' }),
    on_update: choice(ON_UPDATE, "default of its checks", { default: '"require_healthy"' }),
    task: text("in a group: task that it belongs to", { json: "TaskName" }),
    address: refused("the address is the node's"),
    canary_tags: refused(NO_CANARY_SERVICE),
    tagged_addresses: refused(NO_CONSUL),
    enable_tag_override: refused(NO_CONSUL),
    cluster: refused(NO_CONSUL, { fine: ["default"] }),
    kind: refused(NO_CONSUL),
  },
  blocks: {
    check: block(() => CHECK, "Checks", { many: true }),
    check_restart: block(() => CHECK_RESTART, "CheckRestart"),
    connect: refusedBlock("a service mesh is not part of this engine", "Connect"),
    canary_meta: refusedBlock(NO_CANARY_SERVICE, "CanaryMeta"),
    weights: refusedBlock(NO_CONSUL, "Weights"),
    identity: refusedBlock("there are no workload identities", "Identity"),
  },
  answers: ["Id", "Namespace", "Address"],
} satisfies BlockSchema;
