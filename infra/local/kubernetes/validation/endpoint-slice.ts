/** EndpointSlices: addresses that could lead to the API server's own machine are refused. */
import { isIP } from 'node:net';
import type { Causes } from '../causes.ts';
import { isMap, type Json, listAt, mapAt, same, setDefault, textAt } from '../json.ts';
import { isName } from '../metadata.ts';
import type { Strategy } from '../strategy.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;

const refusedAddresses: readonly { readonly test: (address: string) => boolean; readonly say: string }[] = [
  { test: (address) => address === '0.0.0.0' || address === '::', say: 'may not be unspecified' },
  { test: (address) => address.startsWith('127.') || address === '::1', say: 'may not be in the loopback range (127.0.0.0/8, ::1/128)' },
  {
    test: (address) => address.startsWith('169.254.') || /^fe[89ab]/i.test(address),
    say: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  },
  {
    test: (address) => address.startsWith('224.0.0.') || /^ff02:/i.test(address),
    say: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
];

function checkAddress(causes: Causes, at: string, address: string, type: string): void {
  if (type === 'FQDN') {
    if (!isName(address, 'subdomain')) causes.invalid(at, address, 'must be a fully qualified domain name');
    return;
  }
  if (isIP(address) !== (type === 'IPv4' ? 4 : 6)) {
    causes.invalid(at, address, `must be an ${type} address`);
    return;
  }
  for (const { test, say } of refusedAddresses) if (test(address)) causes.invalid(at, address, say);
}

function checkEndpoint(causes: Causes, endpoint: Json, index: number, type: string): void {
  const at = `endpoints[${index}]`;
  const addresses = listAt(endpoint, 'addresses');
  if (addresses.length === 0) causes.required(`${at}.addresses`, 'must contain at least 1 address');
  if (addresses.length > MAX_ADDRESSES) causes.tooMany(`${at}.addresses`, addresses.length, MAX_ADDRESSES);
  for (const [place, address] of addresses.entries()) checkAddress(causes, `${at}.addresses[${place}]`, String(address), type);
}

function checkPorts(causes: Causes, ports: readonly Json[]): void {
  const names = new Set<string>();
  if (ports.length > MAX_PORTS) causes.tooMany('ports', ports.length, MAX_PORTS);
  for (const [index, port] of ports.entries()) {
    const name = textAt(port, 'name');
    if (name !== '' && !isName(name, 'label')) causes.invalid(`ports[${index}].name`, name, 'a lowercase RFC 1123 label is needed');
    if (names.has(name)) causes.duplicate(`ports[${index}].name`, name);
    names.add(name);
    const protocol = textAt(port, 'protocol');
    if (!['SCTP', 'TCP', 'UDP'].includes(protocol)) causes.notSupported(`ports[${index}].protocol`, protocol, ['SCTP', 'TCP', 'UDP']);
  }
}

export const endpointSlice: Strategy = {
  fillIn: (slice) => {
    for (const port of listAt(slice, 'ports').filter(isMap)) {
      setDefault(port, 'name', '');
      setDefault(port, 'protocol', 'TCP');
    }
    for (const endpoint of listAt(slice, 'endpoints').filter(isMap)) setDefault(endpoint, 'conditions', {});
    setDefault(slice, 'endpoints', []);
    setDefault(slice, 'ports', []);
  },
  validate: (slice, causes, old) => {
    const type = textAt(slice, 'addressType');
    if (type === '') causes.required('addressType');
    else if (!ADDRESS_TYPES.includes(type)) causes.notSupported('addressType', type, ADDRESS_TYPES);
    if (old !== undefined && !same(mapAt(old)['addressType'], type)) causes.invalid('addressType', type, 'field is immutable');
    const endpoints = listAt(slice, 'endpoints');
    if (endpoints.length > MAX_ENDPOINTS) causes.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS);
    for (const [index, endpoint] of endpoints.entries()) checkEndpoint(causes, endpoint, index, type);
    checkPorts(causes, listAt(slice, 'ports'));
  },
};
