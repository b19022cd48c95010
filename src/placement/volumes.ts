import { type VolumeSpec, volumeSource } from "../model/group.ts";
import type { HostVolumeFacts } from "../model/node.ts";
import type { Exclusion } from "./exclusion.ts";

/** Host volumes of a group, by whether all its executions have the same. */
export interface VolumesNeeded {
  readonly shared: readonly VolumeSpec[];
  readonly perAlloc: readonly VolumeSpec[];
}

export type HostVolumes = Readonly<Record<string, HostVolumeFacts>>;

/** Nomad's words. */
export const MISSING_VOLUMES: Exclusion = {
  code: "volumes",
  label: "missing compatible host volumes",
};

export function volumesNeeded(volumes: readonly VolumeSpec[]): VolumesNeeded {
  return {
    shared: volumes.filter(({ perAlloc }) => !perAlloc),
    perAlloc: volumes.filter(({ perAlloc }) => perAlloc),
  };
}

/** Whether the node offers the volume to the execution of this index, and for writing where it wants to write. */
export function offersVolume(offered: HostVolumes, volume: VolumeSpec, index: number): boolean {
  const source = volumeSource(volume, index);
  const found = Object.hasOwn(offered, source) ? offered[source] : undefined;
  return found !== undefined && (volume.readOnly || !found.readOnly);
}
