/** Lists of addresses and CIDR networks, IPv4 and IPv6. */
import { BlockList, isIP } from 'node:net';

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** An IPv4 client of a dual-stack socket shows up as `::ffff:10.0.0.1`. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

function add(list: BlockList, network: string): void {
  const [address = '', prefix] = network.split('/');
  if (isIP(address) === 0) return;
  if (prefix === undefined) list.addAddress(address, family(address));
  else list.addSubnet(address, Number(prefix), family(address));
}

/** Compiles the networks; what is no network contains nothing. */
export function networks(values: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const value of values) add(list, value.trim());
  return (address) => isIP(address) !== 0 && list.check(address, family(address));
}
