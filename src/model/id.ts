/**
 * Identifiers.
 *
 * People's ids (pool, job, task) are case-preserving and compared case-insensitively, 1-64 characters of
 * `[A-Za-z0-9_-]` (Azure Batch). Inside, everything is keyed by numbers that the engine hands out.
 */

/** A pool's number, from 1, never reused. */
export type PoolNumber = number;
/** A node's number, from 1, never reused; a removed node's id may be reused, its number is not. */
export type NodeNumber = number;
/** A job's number, from 1, never reused: a second job of the same id has another number. */
export type JobNumber = number;
/**
 * A task's number: `jobNumber * TASKS_PER_JOB + ordinal`, so that a store keyed by it holds a job's tasks side by
 * side in the order of their creation.
 */
export type TaskNumber = number;
/** An execution's number, unique in the fleet, from 1. Preparations and releases are executions too. */
export type ExecutionNumber = number;
/** An event's place in the one event sequence, from 1, without meaning beyond its order. */
export type EventSequence = number;

/** Ordinals a job may hand out; 2^27 leaves 2^26 jobs below the largest exact integer. */
export const TASKS_PER_JOB = 2 ** 27;

/** The key under which an id is compared and looked up. */
export function foldId(id: string): string {
  return id.toLowerCase();
}

export function taskNumberOf(job: JobNumber, ordinal: number): TaskNumber {
  return job * TASKS_PER_JOB + ordinal;
}

export function jobOfTask(task: TaskNumber): JobNumber {
  return Math.floor(task / TASKS_PER_JOB);
}

const PEOPLE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether the text is a valid pool, job or task id (Azure Batch's rule). */
export function isValidId(id: string): boolean {
  return PEOPLE_ID.test(id);
}

const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Node ids are often host names, so a dot is allowed too. */
export function isValidNodeId(id: string): boolean {
  return NODE_ID.test(id);
}
