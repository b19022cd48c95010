import { API_BASE } from "../../protocol/api/endpoint/endpoint.ts";

/** Paths of things, for `url` fields; without host, since a server has many names. */

export function poolUrl(poolId: string): string {
  return `${API_BASE}/pools/${poolId}`;
}

export function nodeUrl(nodeId: string): string {
  return `${API_BASE}/nodes/${nodeId}`;
}

export function jobUrl(jobId: string): string {
  return `${API_BASE}/jobs/${jobId}`;
}

export function taskUrl(jobId: string, taskId: string): string {
  return `${jobUrl(jobId)}/tasks/${taskId}`;
}

export function executionUrl(number: number): string {
  return `${API_BASE}/executions/${number}`;
}

/** Every segment escaped, slashes kept. */
export function escapePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

export function nodeFileUrl(nodeId: string, path: string): string {
  return `${nodeUrl(nodeId)}/files/${escapePath(path)}`;
}

/** A task's directory, relative to the node's root (Azure Batch 7). */
export function taskRootDirectory(jobId: string, taskId: string): string {
  return `workitems/${jobId}/job-1/${taskId}`;
}
