/** The limits of the system, each with its reason. Past a limit the answer is a clear error, never a silent cut. */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Azure Batch's numbers are of 32 bits. */
export const INT32_MAX = 2 ** 31 - 1;
/** Azure Batch: displayName is at most this many characters. */
export const DISPLAY_NAME_MAX_LENGTH = 1024;
export const PRIORITY_MIN = -1000;
export const PRIORITY_MAX = 1000;
/** Azure Batch: at most 256 slots; its further bound of 4 x cores is checked where the cores are known, at the agent. */
export const TASK_SLOTS_MAX = 256;
/** A call of 10,000 tasks is one commit of about 25 ms; more would hold up everybody else. */
export const ADD_TASKS_MAX = 10_000;
/** Azure Batch: nodes per removeNodes call. */
export const REMOVE_NODES_MAX = 100;
export const PAGE_SIZE_DEFAULT = 100;
export const PAGE_SIZE_MAX = 1000;
export const RESIZE_TIMEOUT_DEFAULT_MS = 15 * MINUTE_MS;
export const RESIZE_TIMEOUT_MIN_MS = 5 * MINUTE_MS;
/** Azure Batch: default and maximum wall clock of a release task. */
export const RELEASE_WALL_CLOCK_MAX_MS = 15 * MINUTE_MS;
/** Azure Batch: files of a completed task are kept seven days. */
export const RETENTION_DEFAULT_MS = 7 * DAY_MS;
/** What a fleet script left running may still work where it began: as long as the longest file token is good (OPMATE 8). */
export const SCRIPT_RETENTION_MS = DAY_MS;
/** Azure Batch: an enabled job does not run active tasks older than this. */
export const TASK_LIFETIME_MS = 180 * DAY_MS;
/** Output of up to this size a stream travels inside the result message. */
export const INLINE_OUTPUT_MAX_BYTES = 8 * 1024;
/** An output file keeps this much of its head and as much of its tail. */
export const OUTPUT_HEAD_BYTES = 8 * 1024 * 1024;
export const OUTPUT_TAIL_BYTES = 8 * 1024 * 1024;
/** A request body; 10,000 tasks of 3 KB each. */
export const REQUEST_BODY_MAX_BYTES = 32 * 1024 * 1024;
/** Longest command line; Linux refuses a single argument above 128 KiB. */
export const COMMAND_LINE_MAX_LENGTH = 128 * 1024;
export const ENVIRONMENT_SETTINGS_MAX = 1000;
export const RESOURCE_FILES_MAX = 1000;
/** A script of a task definition: people write and review it, and every node of a run fetches it. */
export const SCRIPT_MAX_BYTES = 1024 * 1024;
/** Inline content of one resource file; larger files belong on the server's file store or behind a URL. */
export const INLINE_CONTENT_MAX_LENGTH = 256 * 1024;
export const METADATA_MAX = 100;
/** A task recovered this often has probably killed its nodes itself (Azure: MaxInternalRetryCountReached). */
export const RECOVERIES_MAX = 100;
/** Target of one pool; the design size of one server. */
export const POOL_NODES_MAX = 10_000;

/** How long batch executions run on while their node is drained, unless the drain says otherwise (Nomad). */
export const DRAIN_DEADLINE_DEFAULT_MS = 3_600_000;

/** Executions of one group at a time: each is in memory, and a change of the job looks at all of them. */
export const GROUP_COUNT_MAX = 10_000;
