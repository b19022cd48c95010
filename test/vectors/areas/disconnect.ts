import { unknownKind, type Vector } from "../area.ts";

export function driveDisconnect(vector: Vector): never {
  return unknownKind(vector);
}
