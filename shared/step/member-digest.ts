/** Which endpoints a group wants, and their digest: the lane remembers it, dispatch compares it. */
import type { Endpoint } from '#shared/model/endpoint.ts';
import { shortHash } from '#shared/ownership.ts';

export interface Address {
  readonly ip: string;
  readonly port: number;
}

export const wantedAddresses = (endpoints: readonly Endpoint[], portName: string): readonly Address[] =>
  endpoints
    .filter((one) => one.family === 'IPv4' && one.ready && one.portName === portName)
    .map((one) => ({ ip: one.address, port: one.port }));

/** The same for the same addresses in any order. */
export const digestOf = (wanted: readonly Address[]): string =>
  shortHash(
    wanted
      .map((one) => `${one.ip}:${one.port}`)
      .sort()
      .join(),
  );
