import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";

/** Nomad's client status of an allocation, `lost` and `unknown` included. */
export const CLIENT_STATUSES = [
  "pending",
  "running",
  "complete",
  "failed",
  "lost",
  "unknown",
] as const;

const SUMMARY = z.object({
  group: z.string(),
  queued: z.int().openapi({ description: "Wanted, waiting for a node." }),
  starting: z.int(),
  running: z.int(),
  failed: z.int(),
  complete: z.int(),
  lost: z.int(),
  unknown: z.int(),
});

const DEPLOYMENT_GROUP = z.object({
  group: z.string(),
  autoRevert: z.boolean(),
  autoPromote: z.boolean(),
  promoted: z.boolean().openapi({ description: "Whether its canaries were; false without any." }),
  desired: z.int(),
  canaries: z.int().openapi({ description: "Canaries that it is to have; 0: it has none." }),
  canariesHealthy: z.int().openapi({
    description: "Canaries that are healthy now; 0 once they were promoted, or it is over.",
  }),
  placed: z.int().openapi({
    description:
      "Executions of its version, ended ones included. As it was when the deployment ended.",
  }),
  healthy: z.int().openapi({
    description: "Those that are healthy, and neither have ended nor are told to stop.",
  }),
  unhealthy: z.int().openapi({ description: "Those that were found unhealthy." }),
  progressBy: TIME.optional(),
});

const FAILURE = z
  .object({
    group: z.string(),
    taskId: z.string(),
    allocationId: z.string().optional().openapi({ description: "Absent: none was placed." }),
    message: z.string(),
  })
  .openapi({ description: "What kept a deployment from going well." });

const BY = {
  automatic: z.boolean().openapi({ description: "The update block asked for it, and no person." }),
  user: z.string().optional().openapi({ description: "Name of the caller's token." }),
};

const VERSION_STORY = z.object({
  reverted: z
    .object({
      from: z.int().openapi({ description: "The version that was the present one." }),
      to: z.int().openapi({ description: "The version that it is again." }),
      ...BY,
      failure: FAILURE.optional(),
    })
    .optional()
    .openapi({ description: "Absent: the version was registered." }),
  promotions: z
    .array(z.object({ groups: z.array(z.string()), ...BY, time: TIME }))
    .openapi({ description: "Of its canaries, oldest first." }),
});
export type VersionStory = z.output<typeof VERSION_STORY>;

export const DEPLOYMENT = z
  .object({
    id: z.string(),
    version: z.int(),
    status: z.enum(["running", "successful", "failed", "cancelled"]),
    description: z.string(),
    failure: FAILURE.optional(),
    createTime: TIME,
    endTime: TIME.optional(),
    waitsForPromotion: z.boolean().openapi({
      description: "All canaries are healthy: nothing but their promotion lets it go on.",
    }),
    groups: z.array(DEPLOYMENT_GROUP),
  })
  .openapi("Deployment");

/** A task, or the canary beside it, that waits: for a node, or for the time of its reschedule; or that was given up. */
const WAITING_TASK = z.object({
  taskId: z.string(),
  group: z.string(),
  policy: z.string().openapi({ description: "The effective reschedule policy, in words." }),
  decision: z.string().openapi({ description: "What was decided about it last, and why." }),
  actsAt: TIME.optional().openapi({ description: "When it is placed again; absent: not by time." }),
  reasons: z.array(z.string()).openapi({ description: "Why no node takes it now." }),
  isGivenUp: z.boolean(),
  isHeld: z.boolean().openapi({ description: "The job is disabled: it waits for that alone." }),
  canary: z.boolean().openapi({ description: "It is about the canary beside the task." }),
});

/** A task inside an execution that waits: for its restart, or for what its template reads. */
const RESTARTING_MEMBER = z.object({
  taskId: z.string(),
  group: z.string(),
  allocation: z.string(),
  member: z.string(),
  policy: z.string().openapi({ description: "The effective restart policy, in words." }),
  decision: z.string().openapi({ description: "What was decided about it last, and why." }),
  actsAt: TIME.optional().openapi({ description: "When it starts; absent: not by time." }),
  canary: z.boolean().openapi({ description: "Its execution is a canary." }),
});

export const MODIFY_INDEX = z.int().openapi({
  description: "Another one after each change of the job, its stop too; never given twice.",
});

/** A job of groups as it is now. */
export const GROUPS_STATUS = z
  .object({
    jobId: z.string(),
    name: z.string(),
    type: z.enum(["service", "batch", "system", "sysbatch"]),
    priority: z.int(),
    status: z.enum(["pending", "running", "dead"]),
    isStopped: z.boolean(),
    version: z.int(),
    modifyIndex: MODIFY_INDEX,
    stable: z.boolean(),
    ...VERSION_STORY.shape,
    submitTime: TIME,
    datacenters: z.array(z.string()),
    namespace: z.string(),
    region: z.string(),
    poolId: z.string(),
    periodic: z.boolean(),
    parameterized: z.boolean(),
    nextLaunchTime: TIME.optional(),
    parentJobId: z.string().optional(),
    summary: z.array(SUMMARY),
    children: z
      .object({ pending: z.int(), running: z.int(), dead: z.int() })
      .optional()
      .openapi({ description: "Of periodic and parameterized jobs." }),
    deployment: DEPLOYMENT.optional(),
    waiting: z.array(WAITING_TASK),
    restarts: z.array(RESTARTING_MEMBER),
  })
  .openapi("GroupsStatus");
export type GroupsStatus = z.output<typeof GROUPS_STATUS>;

export const JOB_VERSION = z
  .object({
    version: z.int(),
    submitTime: TIME,
    stable: z.boolean(),
    ...VERSION_STORY.shape,
    job: z.record(z.string(), z.unknown()).openapi({ description: "In Nomad's JSON form." }),
  })
  .openapi("JobVersion");
export type JobVersionAnswer = z.output<typeof JOB_VERSION>;

export const ALLOCATION_STUB = z
  .object({
    id: z.string(),
    execution: z.int(),
    name: z.string(),
    jobId: z.string(),
    taskId: z.string(),
    group: z.string(),
    nodeId: z.string(),
    version: z.int(),
    desired: z.enum(["run", "stop"]),
    canary: z.boolean().openapi({ description: "It tries its version until that is promoted." }),
    status: z.enum(CLIENT_STATUSES),
    createTime: TIME,
    modifyTime: TIME,
  })
  .openapi("AllocationStub");
export type AllocationStub = z.output<typeof ALLOCATION_STUB>;

const MEMBER_EVENT = z.object({ type: z.string(), time: TIME, description: z.string() });

const MEMBER = z.object({
  name: z.string(),
  state: z.enum(["pending", "running", "dead"]),
  failed: z.boolean(),
  driver: z.string(),
  restarts: z.int(),
  lastRestartTime: TIME.optional(),
  startTime: TIME.optional(),
  finishTime: TIME.optional(),
  nextTime: TIME.optional().openapi({ description: "When a restart that waits happens." }),
  restartPolicy: z.string().openapi({ description: "The effective restart policy, in words." }),
  resources: z.object({ cpuMhz: z.int(), cores: z.int(), memoryMb: z.int(), diskMb: z.int() }),
  volumes: z
    .array(z.object({ source: z.string(), destination: z.string(), readOnly: z.boolean() }))
    .openapi({ description: "Host volumes that it mounts, by the agent's names for them." }),
  events: z.array(MEMBER_EVENT).openapi({ description: "Oldest first." }),
});

export const ALLOCATION = ALLOCATION_STUB.extend({
  description: z.string().openapi({ description: "Why it is to stop, or how it is." }),
  datacenter: z.string(),
  nodeGuid: z.string(),
  members: z.array(MEMBER),
  ports: z.array(
    z.object({
      label: z.string(),
      address: z.string(),
      port: z.int(),
      to: z.int(),
      dynamic: z.boolean(),
    }),
  ),
  checks: z.array(
    z.object({
      service: z.string(),
      member: z.string().optional(),
      check: z.string(),
      mode: z
        .enum(["healthiness", "readiness"])
        .optional()
        .openapi({ description: "readiness: it has no part in deployments." }),
      status: z.string(),
      time: TIME,
      output: z.string(),
    }),
  ),
  deploymentId: z
    .string()
    .optional()
    .openapi({ description: "Absent: none made it, or its version is not kept any more." }),
  health: z.object({ healthy: z.boolean(), time: TIME, reason: z.string().optional() }).optional(),
  previousAllocation: z.string().optional(),
  nextAllocation: z.string().optional(),
  reschedulePolicy: z.string().optional(),
  rescheduleAttempts: z.int(),
  rescheduleAttemptsMax: z.int().optional().openapi({ description: "Absent: unlimited, or none." }),
  rescheduled: z.array(
    z.object({ time: TIME, allocation: z.string(), nodeId: z.string(), delayMs: z.int() }),
  ),
  decision: z.string().optional().openapi({ description: "What was decided about its task last." }),
  actsAt: TIME.optional(),
  scores: z.array(
    z.object({
      nodeId: z.string(),
      scores: z.record(z.string(), z.number()),
      final: z.number(),
    }),
  ),
}).openapi("Allocation");
export type Allocation = z.output<typeof ALLOCATION>;

/** Of what is submitted as it is there already. */
export const SAME_NOTE = z.string().optional().openapi({
  description:
    "What to know of a job that is submitted as it was: it makes no further version. Absent: it does something.",
});

export const PLAN = z
  .object({
    jobId: z.string(),
    isChange: z.boolean(),
    modifyIndex: z.int().openapi({
      description:
        "0: there is no such job yet. Submitted with it as checkIndex, it is run only if the job has not changed since.",
    }),
    diff: z.array(z.string()).openapi({ description: "The difference as lines of text." }),
    groups: z.array(
      z.object({
        group: z.string(),
        create: z.int(),
        destructive: z.int().openapi({ description: "Executions that are replaced." }),
        inPlace: z.int(),
        canary: z.int().openapi({ description: "New executions beside those before them." }),
        stop: z.int(),
        ignore: z.int(),
        placements: z.array(
          z.object({
            taskId: z.string(),
            nodeId: z.string().optional().openapi({ description: "Absent: no node takes it." }),
            score: z.number().optional(),
            elsewhere: z.array(z.object({ nodeId: z.string(), reason: z.string() })),
          }),
        ),
        reasons: z.array(z.string()).openapi({ description: "Why something finds no node." }),
      }),
    ),
    warnings: z.array(z.string()),
    note: SAME_NOTE,
    nextLaunchTime: TIME.optional(),
  })
  .openapi("Plan");
export type Plan = z.output<typeof PLAN>;
