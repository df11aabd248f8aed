/** What a cookie says of a group or server: not its name, and the same after any change around it. */
import { createHash } from 'node:crypto';

/** 16 hexadecimal digits. */
export const markOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 16);
