/** Whose mistake it was: the user's (his command, his files) or the service's (Azure Batch `category`). */
export type FailureCategory = "usererror" | "servererror";

/** Why something failed: Azure Batch `failureInfo`. Present if and only if the result is failure. */
export interface FailureInfo {
  readonly category: FailureCategory;
  readonly code: FailureCode;
  /** A sentence for people. */
  readonly message: string;
  readonly details?: readonly { readonly name: string; readonly value: string }[];
}

/** Codes that Stint gives; the names are Azure Batch's where it has one. */
export type FailureCode =
  /** The process ended with a nonzero exit code. */
  | "FailureExitCode"
  /** Stopped: by a user, by the end of the job, by a wall clock. */
  | "TaskEnded"
  | "CommandProgramNotFound"
  | "CommandLaunchFailed"
  | "UserAccountNotAllowed"
  /** A script could not be brought to its node. */
  | "ScriptNotFetched"
  /** A script is there, and cannot be run as it is: its interpreter, its line ends, its reserved words. */
  | "ScriptNotRunnable"
  /** Of a script whose node came to it after `startBefore`. */
  | "StartTooLate"
  | "BlobNotFound"
  | "BlobAccessDenied"
  | "BlobDownloadTimedOut"
  | "BlobDownloadMiscError"
  | "ResourceDirectoryCreateFailed"
  | "ResourceFileCreateFailed"
  | "ResourceFileWriteFailed"
  | "DiskFull"
  | "MaxInternalRetryCountReached"
  /** The shim died; the process ended, nobody saw how. A failure of fleet scripts alone: other tasks are recovered. */
  | "ExitCodeUnknown"
  /** The node is gone; for releases that never ran, and for fleet scripts of which nobody knows whether they did. */
  | "NodeLost"
  /** Of a fleet script that was never sent. */
  | "NodeDidNotAnswer"
  | "NodeDisabled"
  | "NodeRemoved"
  | "JobPreparationTaskFailed"
  | "TaskSchedulingConstraintFailed"
  | "Unknown";

/** Azure Batch `schedulingError`, of a TaskScheduleFailEvent or a job. */
export interface SchedulingError {
  readonly category: "UserError" | "ServerError";
  readonly code: string;
  readonly message: string;
  readonly details?: readonly { readonly name: string; readonly value: string }[];
}
