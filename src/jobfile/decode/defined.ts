/** The fields that have a value: what was written, to be laid over what holds otherwise. */
export function defined<T extends object>(
  fields: {
    readonly [K in keyof T]: T[K] | undefined;
  },
): Partial<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Only fields without a value were left out.
  return Object.fromEntries(entries) as Partial<T>;
}
