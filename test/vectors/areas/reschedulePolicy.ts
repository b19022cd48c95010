import { unknownKind, type Vector } from "../area.ts";

export function driveReschedulePolicy(vector: Vector): never {
  return unknownKind(vector);
}
