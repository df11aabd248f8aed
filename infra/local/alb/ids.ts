/** Identifiers in the shapes of the service: a prefix and 16 lower-case characters. Random, so that a restart never repeats one. */
import { randomInt } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

export type IdPrefix = 'alb' | 'lsn' | 'rule' | 'sgp';

/** `sgp-4k2m…`. */
export const newId = (prefix: IdPrefix): string =>
  `${prefix}-${Array.from({ length: 16 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
