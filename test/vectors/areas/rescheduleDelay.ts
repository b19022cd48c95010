import { unknownKind, type Vector } from "../area.ts";

export function driveRescheduleDelay(vector: Vector): never {
  return unknownKind(vector);
}
