/** Objects and lists of a body within each other. The API's own have fewer than ten; what is much deeper ends the stack. */
export const BODY_DEPTH_MAX = 100;

export const BODY_DEPTH_EXPECTED = `at most ${BODY_DEPTH_MAX} objects and lists within each other`;

/** Whether more than `levels` objects and lists are within each other; looks no deeper, so that any value is safe. */
export function isDeeper(value: unknown, levels: number = BODY_DEPTH_MAX): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return items.some((item) => isDeeper(item, levels - 1));
}
