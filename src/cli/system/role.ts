/** What API tokens may do; the words of `-ro`. */
export const ROLE = {
  0: "administrator",
  1: "manager",
  2: "operator",
  3: "guest",
} as const;
