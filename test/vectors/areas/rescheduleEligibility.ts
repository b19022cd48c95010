import { unknownKind, type Vector } from "../area.ts";

export function driveRescheduleEligibility(vector: Vector): never {
  return unknownKind(vector);
}
