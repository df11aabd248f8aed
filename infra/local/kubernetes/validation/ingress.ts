/** Ingresses and their classes. */
import { isIP } from 'node:net';
import type { Causes } from '../causes.ts';
import { ensureMap, type Json, type JsonMap, listAt, mapAt, same, setDefault, textAt } from '../json.ts';
import { checkName, isName } from '../metadata.ts';
import type { Store } from '../store.ts';
import type { Strategy } from '../strategy.ts';

const PATH_TYPES = ['Exact', 'Prefix', 'ImplementationSpecific'];
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

/** What an absolute path of type Exact or Prefix may not contain, as the API checks it. */
const INVALID_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const INVALID_SUFFIXES = ['/..', '/.'];

function fillIn(ingress: JsonMap): void {
  setDefault(ensureMap(ingress, 'status'), 'loadBalancer', {});
}

/** Admission: a new Ingress without a class gets the default one; the newest of several, then the first by name. */
function prepare(ingress: JsonMap, old: JsonMap | undefined, store: Store): void {
  const spec = ensureMap(ingress, 'spec');
  if (
    old !== undefined ||
    spec['ingressClassName'] !== undefined ||
    mapAt(ingress, 'metadata', 'annotations')[CLASS_ANNOTATION] !== undefined
  )
    return;
  const marked = store
    .list('networking.k8s.io/ingressclasses')
    .filter((one) => textAt(one, 'metadata', 'annotations', DEFAULT_CLASS) === 'true');
  const created = (one: JsonMap) => textAt(one, 'metadata', 'creationTimestamp');
  const [chosen] = marked.sort((a, b) => (created(a) === created(b) ? 0 : created(a) < created(b) ? 1 : -1));
  if (chosen !== undefined) spec['ingressClassName'] = textAt(chosen, 'metadata', 'name');
}

function validate(ingress: JsonMap, causes: Causes, old: JsonMap | undefined): void {
  const spec = mapAt(ingress, 'spec');
  const rules = listAt(spec, 'rules');
  if (rules.length === 0 && spec['defaultBackend'] === undefined)
    causes.invalid('spec', spec, 'either `defaultBackend` or `rules` must be specified');
  for (const [index, tls] of listAt(spec, 'tls').entries()) {
    for (const [place, host] of listAt(tls, 'hosts').entries()) checkHost(causes, `spec.tls[${index}].hosts[${place}]`, String(host));
  }
  for (const [index, rule] of rules.entries()) checkRule(causes, mapAt(rule), `spec.rules[${index}]`);
  if (spec['defaultBackend'] !== undefined) checkBackend(causes, mapAt(spec, 'defaultBackend'), 'spec.defaultBackend');
  const name = textAt(spec, 'ingressClassName');
  if (spec['ingressClassName'] !== undefined && !isName(name, 'subdomain')) checkName(causes, 'spec.ingressClassName', name, 'subdomain');
  if (old === undefined && name !== '' && mapAt(ingress, 'metadata', 'annotations')[CLASS_ANNOTATION] !== undefined) {
    causes.invalid(
      `annotations.${CLASS_ANNOTATION}`,
      textAt(ingress, 'metadata', 'annotations', CLASS_ANNOTATION),
      'can not be set when the class field is also set',
    );
  }
}

function checkHost(causes: Causes, at: string, host: string): void {
  if (isIP(host) !== 0) causes.invalid(at, host, 'must be a DNS name, not an IP address');
  else if (!host.includes('*')) checkName(causes, at, host, 'subdomain');
  else if (!host.startsWith('*.') || !isName(host.slice(2), 'subdomain')) {
    causes.invalid(
      at,
      host,
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    );
  }
}

function checkRule(causes: Causes, rule: JsonMap, at: string): void {
  const host = textAt(rule, 'host');
  if (host !== '') checkHost(causes, `${at}.host`, host);
  if (rule['http'] === undefined) return;
  const paths = listAt(rule, 'http', 'paths');
  if (paths.length === 0) causes.required(`${at}.http.paths`);
  for (const [index, path] of paths.entries()) {
    checkPath(causes, mapAt(path), `${at}.http.paths[${index}]`);
    checkBackend(causes, mapAt(path, 'backend'), `${at}.http.paths[${index}].backend`);
  }
}

function checkPath(causes: Causes, path: JsonMap, at: string): void {
  const type = textAt(path, 'pathType');
  const text = textAt(path, 'path');
  if (path['pathType'] === undefined) {
    causes.required(`${at}.pathType`, 'pathType must be specified');
    return;
  }
  if (!PATH_TYPES.includes(type)) {
    causes.notSupported(`${at}.pathType`, type, PATH_TYPES);
    return;
  }
  const optional = type === 'ImplementationSpecific';
  if (!text.startsWith('/') && !(optional && text === '')) causes.invalid(`${at}.path`, text, 'must be an absolute path');
  if (optional) return;
  for (const sequence of INVALID_SEQUENCES)
    if (text.includes(sequence)) causes.invalid(`${at}.path`, text, `must not contain '${sequence}'`);
  for (const suffix of INVALID_SUFFIXES) if (text.endsWith(suffix)) causes.invalid(`${at}.path`, text, `cannot end with '${suffix}'`);
}

function checkBackend(causes: Causes, backend: JsonMap, at: string): void {
  const { service, resource } = backend;
  if (service !== undefined && resource !== undefined) {
    causes.invalid(at, '', 'cannot set both resource and service backends');
    return;
  }
  if (resource !== undefined) {
    if (textAt(resource, 'kind') === '') causes.required(`${at}.resource.kind`);
    if (textAt(resource, 'name') === '') causes.required(`${at}.resource.name`);
    return;
  }
  if (service === undefined) {
    causes.required(`${at}`, 'resource or service backend is required');
    return;
  }
  checkServiceBackend(causes, service, at);
}

function checkServiceBackend(causes: Causes, service: Json, at: string): void {
  const name = textAt(service, 'name');
  if (name === '') causes.required(`${at}.service.name`);
  else checkName(causes, `${at}.service.name`, name, 'service');
  const port = mapAt(service, 'port');
  const [number, named] = [port['number'] ?? 0, textAt(port, 'name')];
  if (named === '' && number === 0) {
    causes.required(at, 'port name or number is required');
    return;
  }
  if (named !== '' && number !== 0) {
    causes.invalid(at, '', 'cannot set both port name & port number');
    return;
  }
  if (named !== '' && !/^(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(named))
    causes.invalid(`${at}.service.port.name`, named, 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (named.length > 15) causes.invalid(`${at}.service.port.name`, named, 'must be no more than 15 characters');
  if (named === '' && (typeof number !== 'number' || number < 1 || number > 65_535))
    causes.invalid(`${at}.service.port.number`, number, 'must be between 1 and 65535, inclusive');
}

export const ingress: Strategy = { fillIn, prepare, validate };

const CONTROLLER = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

export const ingressClass: Strategy = {
  fillIn: (one) => {
    const parameters = mapAt(one, 'spec')['parameters'];
    if (parameters !== undefined) setDefault(mapAt(one, 'spec', 'parameters'), 'scope', 'Cluster');
  },
  validate: (one, causes, old) => {
    const controller = textAt(one, 'spec', 'controller');
    if (controller === '') causes.required('spec.controller');
    else if (!CONTROLLER.test(controller))
      causes.invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")');
    if (old !== undefined && !same(mapAt(old, 'spec')['controller'], controller))
      causes.invalid('spec.controller', controller, 'field is immutable');
    const parameters = mapAt(one, 'spec', 'parameters');
    if (mapAt(one, 'spec')['parameters'] === undefined) return;
    for (const key of ['kind', 'name']) if (textAt(parameters, key) === '') causes.required(`spec.parameters.${key}`, `${key} is required`);
    const scope = textAt(parameters, 'scope');
    if (!['Cluster', 'Namespace'].includes(scope)) causes.notSupported('spec.parameters.scope', scope, ['Cluster', 'Namespace']);
    const namespace = textAt(parameters, 'namespace');
    if (scope === 'Namespace' && namespace === '') causes.required('spec.parameters.namespace', "`parameters.scope` is set to 'Namespace'");
    if (scope === 'Cluster' && namespace !== '') causes.forbidden('spec.parameters.namespace', "`parameters.scope` is set to 'Cluster'");
  },
};
