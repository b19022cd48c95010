import { unknownKind, type Vector } from "../area.ts";

export function driveRescheduleTracker(vector: Vector): never {
  return unknownKind(vector);
}
