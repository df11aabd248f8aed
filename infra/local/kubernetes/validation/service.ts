/** Services: defaults, addresses and validation. */
import type { Causes } from '../causes.ts';
import { ensureMap, isMap, type Json, type JsonMap, listAt, mapAt, numberAt, same, setDefault, textAt, textsAt } from '../json.ts';
import { checkLabels, isName } from '../metadata.ts';
import type { Store } from '../store.ts';
import type { Strategy } from '../strategy.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
/** 10.96.0.0/16 without the network's first addresses: .0.1 belongs to the API server itself. */
const ADDRESSES = { prefix: '10.96', first: 10, last: 65_000 };
const NODE_PORTS = { first: 30_000, last: 32_767 };
const PORT_NAME = /^(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function fillIn(service: JsonMap): void {
  const spec = ensureMap(service, 'spec');
  setDefault(spec, 'type', 'ClusterIP');
  setDefault(spec, 'sessionAffinity', 'None');
  const type = textAt(spec, 'type');
  if (type !== 'ExternalName') setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (type === 'NodePort' || type === 'LoadBalancer') setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
  if (spec['sessionAffinity'] === 'ClientIP') setDefault(spec, 'sessionAffinityConfig', { clientIP: { timeoutSeconds: 10_800 } });
  for (const port of listAt(spec, 'ports').filter(isMap)) {
    setDefault(port, 'protocol', 'TCP');
    if (port['targetPort'] === undefined || port['targetPort'] === 0 || port['targetPort'] === '') port['targetPort'] = port['port'] ?? 0;
  }
  setDefault(ensureMap(service, 'status'), 'loadBalancer', {});
}

const usedAddresses = (store: Store): Set<string> => new Set(store.list('/services').map((one) => textAt(one, 'spec', 'clusterIP')));

function freeAddress(store: Store): string {
  const used = usedAddresses(store);
  for (let number = ADDRESSES.first; number < ADDRESSES.last; number += 1) {
    const address = `${ADDRESSES.prefix}.${Math.floor(number / 250)}.${(number % 250) + 1}`;
    if (!used.has(address)) return address;
  }
  throw new Error('no cluster address is left');
}

function nodePorts(store: Store): Set<number> {
  const ports = store.list('/services').flatMap((one) => listAt(one, 'spec', 'ports'));
  return new Set(ports.flatMap((port) => numberAt(port, 'nodePort') ?? []));
}

/** Gives what a client leaves out on an update back to it, and allocates what is new. */
function prepare(service: JsonMap, old: JsonMap | undefined, store: Store): void {
  const spec = mapAt(service, 'spec');
  if (textAt(spec, 'type') === 'ExternalName') return;
  const before = textAt(old, 'spec', 'type') === 'ExternalName' ? {} : mapAt(old, 'spec');
  if (textAt(spec, 'clusterIP') === '')
    spec['clusterIP'] = textAt(spec, 'clusterIPs', '0') || textAt(before, 'clusterIP') || freeAddress(store);
  setDefault(spec, 'clusterIPs', [spec['clusterIP'] ?? '']);
  setDefault(spec, 'ipFamilies', before['ipFamilies'] ?? ['IPv4']);
  setDefault(spec, 'ipFamilyPolicy', before['ipFamilyPolicy'] ?? 'SingleStack');
  allocateNodePorts(spec, mapAt(old, 'spec'), store);
}

function allocateNodePorts(spec: JsonMap, before: JsonMap, store: Store): void {
  const wanted =
    textAt(spec, 'type') === 'NodePort' || (textAt(spec, 'type') === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false);
  const used = nodePorts(store);
  for (const port of listAt(spec, 'ports').filter(isMap)) {
    if (!wanted) {
      const kept = listAt(before, 'ports').some((one) => same(mapAt(one)['nodePort'], port['nodePort']));
      // A port that the type no longer has goes by itself, unless the client asks for it anew.
      if (kept) delete port['nodePort'];
      continue;
    }
    const former = listAt(before, 'ports').find(
      (one) => same(mapAt(one)['port'], port['port']) && same(mapAt(one)['protocol'], port['protocol']),
    );
    if (numberAt(port, 'nodePort') !== undefined && port['nodePort'] !== 0) continue;
    let number = numberAt(former, 'nodePort') ?? NODE_PORTS.first;
    while (numberAt(former, 'nodePort') === undefined && used.has(number)) number += 1;
    used.add(number);
    port['nodePort'] = number;
  }
}

function validate(service: JsonMap, causes: Causes, old: JsonMap | undefined): void {
  const spec = mapAt(service, 'spec');
  const type = textAt(spec, 'type');
  const ports = listAt(spec, 'ports');
  if (!TYPES.includes(type)) causes.notSupported('spec.type', type, TYPES);
  if (!['ClientIP', 'None'].includes(textAt(spec, 'sessionAffinity')))
    causes.notSupported('spec.sessionAffinity', spec['sessionAffinity'], ['ClientIP', 'None']);
  checkLabels(causes, 'spec.selector', textsAt(spec, 'selector'));
  if (ports.length === 0 && type !== 'ExternalName' && textAt(spec, 'clusterIP') !== 'None') causes.required('spec.ports');
  if (type === 'ExternalName' && !isName(textAt(spec, 'externalName').replace(/\.$/, ''), 'subdomain'))
    causes.invalid('spec.externalName', textAt(spec, 'externalName'), 'a lowercase RFC 1123 subdomain is needed');
  for (const [index, port] of ports.entries()) checkPort(causes, mapAt(port), index, ports);
  checkAddress(causes, spec, old);
  checkFamilies(causes, spec);
}

/** The cluster has addresses of IPv4 alone, as one that nobody made for two families. Headless Services without a selector are spared. */
function checkFamilies(causes: Causes, spec: JsonMap): void {
  const isFree = textAt(spec, 'clusterIP') === 'None' && Object.keys(textsAt(spec, 'selector')).length === 0;
  if (textAt(spec, 'type') === 'ExternalName' || isFree) return;
  for (const [index, family] of listAt(spec, 'ipFamilies').entries()) {
    if (family !== 'IPv4') causes.invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster');
  }
  const policy = textAt(spec, 'ipFamilyPolicy');
  if (policy === 'RequireDualStack')
    causes.invalid('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services');
}

function checkPort(causes: Causes, port: JsonMap, index: number, ports: readonly Json[]): void {
  const at = `spec.ports[${index}]`;
  const others = ports.slice(0, index);
  checkPortName(causes, `${at}.name`, textAt(port, 'name'), ports.length > 1, others);
  const number = port['port'];
  if (!isPort(number)) causes.invalid(`${at}.port`, number ?? 0, 'must be between 1 and 65535, inclusive');
  if (!PROTOCOLS.includes(textAt(port, 'protocol'))) causes.notSupported(`${at}.protocol`, port['protocol'], PROTOCOLS);
  const target = port['targetPort'];
  const named = typeof target === 'string' && PORT_NAME.test(target) && target.length <= 15;
  if (!named && !isPort(target)) {
    causes.invalid(
      `${at}.targetPort`,
      target,
      'must be between 1 and 65535, inclusive, or the name of a port (at most 15 lower case letters, digits and -, with one letter at least)',
    );
  }
  const twice = others.some((one) => mapAt(one)['port'] === number && mapAt(one)['protocol'] === port['protocol']);
  if (twice) causes.duplicate(at, { port: number ?? 0, protocol: port['protocol'] ?? '' });
}

function checkPortName(causes: Causes, at: string, name: string, needed: boolean, others: readonly Json[]): void {
  if (name === '') {
    if (needed) causes.required(at);
    return;
  }
  if (!isName(name, 'label')) causes.invalid(at, name, 'a lowercase RFC 1123 label is needed');
  if (others.some((one) => textAt(one, 'name') === name)) causes.duplicate(at, name);
}

const isPort = (value: Json | undefined): boolean => typeof value === 'number' && value >= 1 && value <= 65_535;

function checkAddress(causes: Causes, spec: JsonMap, old: JsonMap | undefined): void {
  const address = textAt(spec, 'clusterIP');
  if (address !== '' && address !== 'None' && !/^(\d{1,3}\.){3}\d{1,3}$/.test(address)) {
    causes.invalid('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
  }
  const before = textAt(old, 'spec', 'clusterIP');
  const kept = [textAt(spec, 'type'), textAt(old, 'spec', 'type')].includes('ExternalName');
  if (before !== '' && !kept && before !== address) causes.invalid('spec.clusterIPs[0]', address, 'may not change once set');
}

export const service: Strategy = { name: 'service', fillIn, prepare, validate };
