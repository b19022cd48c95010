/** Azure Batch error codes and a few of our own, with their HTTP status: the one place where the two meet. */
export const REQUEST_ERROR_STATUS = {
  InvalidRequestBody: 400,
  InvalidPropertyValue: 400,
  MissingRequiredProperty: 400,
  UnsupportedProperty: 400,
  InvalidQueryParameterValue: 400,
  OutOfRangeInput: 400,
  OutOfRangePriority: 400,
  EmptyMetadataKey: 400,
  InvalidConstraintValue: 400,
  AuthenticationFailed: 401,
  InsufficientPermissions: 403,
  PoolNotFound: 404,
  NodeNotFound: 404,
  JobNotFound: 404,
  TaskNotFound: 404,
  VersionNotFound: 404,
  ExecutionNotFound: 404,
  ExecSessionNotFound: 404,
  FileNotFound: 404,
  TokenNotFound: 404,
  AmbiguousId: 400,
  PathRefused: 400,
  PathNotFound: 404,
  ResourceNotFound: 404,
  UnsupportedHttpVerb: 405,
  PoolExists: 409,
  PoolBeingDeleted: 409,
  PoolBeingResized: 409,
  PoolNotBeingResized: 409,
  OperationNotValidOnPool: 409,
  NodeExists: 409,
  NodeBeingCreated: 409,
  NodeBeingRebooted: 409,
  NodeLeavingPool: 409,
  NodeNotReachable: 409,
  NodeAlreadyInTargetSchedulingState: 409,
  OperationNotValidOnNode: 409,
  RebootNotSupported: 409,
  JobExists: 409,
  JobBeingTerminated: 409,
  JobBeingDeleted: 409,
  JobCompleted: 409,
  JobNotDisabled: 409,
  JobNotActive: 409,
  OperationNotValidOnJob: 409,
  JobPreparationTaskNotSpecified: 409,
  TaskExists: 409,
  TaskCompleted: 409,
  TaskNotCompleted: 409,
  TaskSucceeded: 409,
  TaskBeingDeleted: 409,
  TaskIdSameAsJobPreparationTask: 409,
  TaskIdSameAsJobReleaseTask: 409,
  TaskNotRunning: 409,
  TaskFilesUnavailable: 409,
  TaskFilesCleanedup: 409,
  IdempotencyKeyReused: 409,
  TokenInUse: 409,
  TooManyExecSessions: 409,
  NodeKeyConflict: 409,
  RequestBodyTooLarge: 413,
  ConditionNotMet: 412,
  InvalidRange: 416,
  InternalError: 500,
  ServerBusy: 503,
} as const;

export type RequestErrorCode = keyof typeof REQUEST_ERROR_STATUS;

/** An expected refusal: a value in the pure folders, thrown only at the edges. */
export interface RequestError {
  readonly code: RequestErrorCode;
  /** Expected what, got what, in a sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** Path of the field at fault, as `constraints.maxWallClockTime`; absent when no field is. */
  readonly field?: string;
}

export function requestError(
  code: RequestErrorCode,
  message: string,
  fix: string,
  field?: string,
): RequestError {
  return field === undefined ? { code, message, fix } : { code, message, fix, field };
}
