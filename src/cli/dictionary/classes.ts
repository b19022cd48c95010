/** As the API says it. */
export const CLASSES = { R: "risk", F: "forbidden" } as const;
export type ClassLetter = keyof typeof CLASSES;
