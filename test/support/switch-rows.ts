/**
 * Rows of settings that between them, and with the default, have any two switches on, off, and one of each (`switches.ts`). By themselves,
 * for configurations, which can import nothing that is not beside them.
 */
export const rowsOfPairs = [1, 2, 3, 4, 5, 6, 7, 8] as const;
