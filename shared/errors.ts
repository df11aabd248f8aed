/**
 * The catalogue of errors: what to say, why it happens, what to do next, and what the program itself does about it. Events, conditions,
 * dead letters, the command line and the troubleshooting page are drawn from these rows.
 */
/**
 * What the runtime does: `retry` waits and tries again for as long as it lasts; `refuse` is for messages that no retry can cure (dead
 * letter); `hold` keeps what the object had and tells its owner; `warn` only tells.
 */
export type Policy = 'retry' | 'refuse' | 'hold' | 'warn';

interface Row {
  readonly policy: Policy;
  /** What happened. `{name}` is filled from the facts. */
  readonly say: string;
  /** What to do next. */
  readonly next: string;
}

const rows = {
  // Messages
  'MESSAGE-MALFORMED': {
    policy: 'refuse',
    say: 'the message is not a valid Albeit message: {detail}',
    next: 'find its sender; nothing was changed',
  },
  'MESSAGE-FORGED': {
    policy: 'refuse',
    say: 'the message carries no signature that this cluster accepts: {detail}',
    next: 'check the signing keys of the sender, then replay it',
  },
  'MESSAGE-FOREIGN': {
    policy: 'refuse',
    say: 'the message is for cluster {cluster}, this function serves {own}',
    next: 'check which cluster the queue belongs to',
  },
  'MESSAGE-VERSION': {
    policy: 'refuse',
    say: 'the message has version {version}, this function knows version 1',
    next: 'deploy the functions before the forwarder, then replay it',
  },
  // Cloud, by class
  'CLOUD-THROTTLED': { policy: 'retry', say: '{action} was throttled ({code})', next: 'nothing: it is tried again more slowly' },
  'CLOUD-BUSY': {
    policy: 'retry',
    say: '{action}: the resource is still changing ({code})',
    next: 'nothing: it is tried again when it has settled',
  },
  'CLOUD-CONFLICT': {
    policy: 'retry',
    say: '{action} met a state we did not expect ({code})',
    next: 'nothing: the state is read again and planned anew',
  },
  'CLOUD-QUOTA': {
    policy: 'retry',
    say: '{action} exceeds a quota of the service ({code}: {detail})',
    next: 'raise the quota or remove what is not needed',
  },
  'CLOUD-INVALID': { policy: 'hold', say: '{action} was refused ({code}: {detail})', next: 'correct the field that the text names' },
  'CLOUD-NOT-FOUND': {
    policy: 'retry',
    say: '{action}: the resource does not exist ({code})',
    next: 'nothing: the state is read again and planned anew',
  },
  'CLOUD-FORBIDDEN': {
    policy: 'retry',
    say: '{action} is not allowed for this role ({code})',
    next: 'grant the role what docs/operations.md lists',
  },
  'CLOUD-TRANSPORT': {
    policy: 'retry',
    say: '{action} got no usable answer ({detail})',
    next: 'nothing: it is tried again with the same token',
  },
  // Kubernetes
  'KUBE-AWAY': { policy: 'retry', say: 'the Kubernetes API server did not answer: {detail}', next: 'nothing: it is tried again' },
  'KUBE-REFUSED': {
    policy: 'retry',
    say: 'the Kubernetes API server refused {verb} {object}: {detail}',
    next: 'grant the right: docs/operations.md says which there are, and readiness gates ask for two in each namespace (docs/backends.md)',
  },
  // Objects of users
  'INGRESS-RESOURCE-BACKEND': { policy: 'hold', say: 'resource backends are not supported', next: 'use a Service as the backend' },
  'SERVICE-NOT-FOUND': { policy: 'hold', say: 'Service {service} does not exist', next: 'create the Service or correct the backend' },
  'PORT-NOT-FOUND': {
    policy: 'hold',
    say: 'backend not found: unable to find port {port} on service {service}',
    next: 'use one of its ports: {ports}',
  },
  'BACKEND-MODE': {
    policy: 'hold',
    say: 'Service {service} cannot be reached: {detail}',
    next: 'correct the Service; one of type ClusterIP is reached by the addresses of its pods, the other types by node ports',
  },
  'SERVICE-BINDING': {
    policy: 'hold',
    say: 'Service {service} cannot keep its endpoints in server group {group}: {detail}',
    next: 'correct the Service, or remove its annotation alb.ingress.kubernetes.io/server-group-id; servers that stand in the group stay',
  },
  'ANNOTATION-INVALID': { policy: 'hold', say: 'the value "{value}" of annotation {annotation} is invalid', next: 'allowed: {allowed}' },
  'ANNOTATION-UNKNOWN': {
    policy: 'warn',
    say: 'annotation {annotation} is not known and has no effect',
    next: 'correct or remove it ({suggestion})',
  },
  'ANNOTATION-SUFFIX': {
    policy: 'warn',
    say: 'annotation {annotation} names {service}, which is not a backend of this Ingress',
    next: 'correct the name after the dot; backends are: {services}',
  },
  'ANNOTATION-CONFLICT': {
    policy: 'hold',
    say: '{first} and {second} cannot be used together: {detail}',
    next: 'remove one of them',
  },
  'ANNOTATION-NEEDS': {
    policy: 'hold',
    say: '{annotation} needs annotation {other}: {detail}',
    next: 'write the other one too, or remove this one',
  },
  'ACTION-MISSING': {
    policy: 'hold',
    say: 'the backend {service} has the port use-annotation, but no final action is written for it (RuleActions is mandatory)',
    next: 'write a ForwardGroup, Redirect or FixedResponse into annotation {annotation}, or use a port of the Service',
  },
  'GROUP-FOREIGN': {
    policy: 'hold',
    say: 'server group {group} is named by annotation {annotation}, and AlbConfig {albconfig} does not allow it',
    next: 'add the id to annotation albeit.io/foreign-server-groups of the AlbConfig',
  },
  'RULE-LIMIT': {
    policy: 'hold',
    say: 'path {path} needs {has} {what} in one rule, ALB allows {limit}',
    next: 'use fewer, or spread them over several paths',
  },
  'CANARY-ALONE': {
    policy: 'hold',
    say: 'a non-canary Ingress with host {host} and path {path} must exist before this canary Ingress',
    next: 'create the stable Ingress, or correct host and path',
  },
  'CANARY-WEIGHT': {
    policy: 'hold',
    say: 'the weights of the canaries of host {host} and path {path} are {sum} with this one; at most 100 can be given away',
    next: 'lower canary-weight',
  },
  'CANARY-SHADOWED': {
    policy: 'warn',
    say: 'the canary for host {host} and path {path} comes after the stable {stable} and never matches',
    next: 'give it a lower alb.ingress.kubernetes.io/order than the stable Ingress',
  },
  'CANARY-EMPTY': {
    policy: 'warn',
    say: 'this canary says neither header, cookie nor weight: no request goes to it',
    next: 'add canary-by-header with canary-by-header-value, canary-by-cookie, or canary-weight',
  },
  'CANARY-NOWHERE': {
    policy: 'warn',
    say: 'the stable Ingress only redirects to HTTPS where this canary for host {host} and path {path} stands: no request is shared',
    next: 'give the canary the same spec.tls, ssl-redirect or listen-ports as the stable Ingress',
  },
  'CANARY-TWIN': {
    policy: 'hold',
    say: 'the rule for host {host} and path {path} of the stable {stable} is wrong, so its canary stays as it is',
    next: 'correct the stable Ingress',
  },
  'ANNOTATION-UNUSED': {
    policy: 'warn',
    say: 'the value "{value}" of annotation {annotation} is invalid; it has no effect without {other}',
    next: 'correct it before you switch that on; allowed: {allowed}',
  },
  'ANNOTATION-ALONE': {
    policy: 'warn',
    say: 'annotation {annotation} has no effect without {other}',
    next: 'add the other one, or remove it',
  },
  'LISTENER-NEEDS': {
    policy: 'hold',
    say: '{what} needs {field} of listener {listener} in AlbConfig {albconfig}',
    next: 'set the field, or remove what needs it',
  },
  'GRPC-NEEDS-TLS': {
    policy: 'hold',
    say: "'{protocol}' backend protocol must be used with {detail}",
    next: 'add a spec.tls section or a certificate in the AlbConfig, and HTTPS listeners only (HTTP 80 only together with ssl-redirect)',
  },
  'TLS-HOSTS': {
    policy: 'warn',
    say: 'mismatchTlsHostsIngress: {hosts} stand in spec.tls but in no rule, or only by a wildcard',
    next: 'hosts are compared as they are written; name them alike in spec.tls and spec.rules',
  },
  'REDIRECT-NOWHERE': {
    policy: 'warn',
    say: 'ssl-redirect sends requests to HTTPS 443, where this Ingress has no rules',
    next: 'add a spec.tls section or HTTPS 443 to listen-ports',
  },
  'REDIRECT-PORT': {
    policy: 'warn',
    say: 'a Redirect to HTTPS names no port, so it leads to port {port} of the request, where HTTP is spoken',
    next: 'add "port": "443", or the port that is meant',
  },
  'REWRITE-PLAIN': {
    policy: 'warn',
    say: 'annotation {annotation} rewrites to {value} as it stands: groups of an expression are written like {group}',
    next: 'put braces around the number if a group is meant',
  },
  'CORS-ANY-ORIGIN': {
    policy: 'warn',
    say: 'credentials are allowed for the origin *, which browsers refuse',
    next: 'name the origins in cors-allow-origin, or set cors-allow-credentials to false',
  },
  'PATH-WILDCARD': {
    policy: 'hold',
    say: "{type} path shouldn't contain wildcards: {value}",
    next: 'use pathType ImplementationSpecific for wildcards',
  },
  'PATH-ILLEGAL': { policy: 'hold', say: 'path {value} is illegal for ALB (PathConfig.Values): {detail}', next: 'correct the path' },
  'HOST-ILLEGAL': { policy: 'hold', say: 'host {value} is illegal for ALB (HostConfig.Values): {detail}', next: 'correct the host' },
  'LISTENER-MISSING': {
    policy: 'hold',
    say: 'listener is not exist in {albconfig}, port: {port}, protocol: {protocol}',
    next: 'use a listener that is there ({listeners}), or add this one to spec.listeners of the AlbConfig',
  },
  'LISTENER-WANTED': {
    policy: 'warn',
    say: 'listener not found for ({port}/{protocol}), with ingresses {count} ({ingresses})',
    next: 'add it to spec.listeners, or change the Ingresses; where the ALB has it, it stays as it is until none of them wants it',
  },
  'CLASS-PARAMETERS': {
    policy: 'hold',
    say: 'albconfig must be referenced in IngressClass {class}',
    next: 'set spec.parameters to an AlbConfig',
  },
  'CLASS-NOT-FOUND': { policy: 'warn', say: 'IngressClass {class} does not exist', next: 'create the class' },
  'CONFIG-INVALID': { policy: 'hold', say: 'the AlbConfig is invalid at {field}: {detail}', next: 'correct the field' },
  'CONFIG-UNSUPPORTED': { policy: 'hold', say: '{field} is not supported yet: {detail}', next: 'remove the field' },
  'CONFIG-UNKNOWN-FIELD': {
    policy: 'warn',
    say: 'the AlbConfig has an unknown field {field}',
    next: 'check its spelling; it has no effect',
  },
  'VSWITCH-NOT-FOUND': { policy: 'hold', say: 'vSwitch {vswitch} is not found in VPC {vpc}', next: "use vSwitches of the cluster's VPC" },
  'VSWITCH-TOO-FEW': {
    policy: 'hold',
    say: 'the VPC {vpc} has vSwitches in {zones} zone(s) of ALB; two are needed',
    next: 'create vSwitches or set spec.config.zoneMappings',
  },
  'GROUP-MISFIT': {
    policy: 'warn',
    say: 'server group {group} has the tag {tag} of group {name}, but differs from it in {fields}, which cannot be changed',
    next: 'take the tag off it; it is left as it is, and another group is used',
  },
  'GROUP-STAYS': {
    policy: 'warn',
    say: 'server group {group} ({name}) is no longer wanted, but the service does not delete it ({code})',
    next: 'remove the rule, listener or other ALB that still refers to it; its deletion is tried again every {minutes} minutes',
  },
  'MEMBER-NO-INTERFACE': {
    policy: 'warn',
    say: 'can not find eniid for ip {address}',
    next: 'nothing: it is looked up again; the other endpoints are served',
  },
  'MEMBER-NO-INSTANCE': {
    policy: 'warn',
    say: 'no instance of the VPC has the address {address} of a node',
    next: 'nothing: it is looked up again; set spec.providerID of the node if it stands elsewhere; the other nodes are served',
  },
  'GATE-CLOSED': {
    policy: 'warn',
    say: 'the readiness gate of the load balancer is closed: {detail}',
    next: 'compare the health check (path, port, codes) with what the container answers, or look at the Events of the Service; it is looked at again',
  },
  'GATE-NOT-WRITTEN': {
    policy: 'retry',
    say: 'the condition of the readiness gate could not be written: {detail}',
    next: 'nothing: it is tried again; if it was forbidden, bind the role albeit-functions-readiness-gates in this namespace',
  },
  'MEMBER-REFUSED': {
    policy: 'warn',
    say: 'the service does not take {servers} as server(s) of group {group} ({code})',
    next: 'look up the code, which says what it does not take; it is tried again, and the other endpoints are served',
  },
  'MEMBERS-QUOTA': {
    policy: 'warn',
    say: '{left} of {wanted} servers have no room in group {group} ({limit}): {servers}',
    next: 'raise the quota or ask for fewer pods; the others are served, and what fits is added as soon as there is room',
  },
  'BOUND-PORTS': {
    policy: 'warn',
    say: 'the Service is bound to server group {group}, but has {ports} ports, and a group has the servers of one',
    next: 'let it have one port, or remove annotation alb.ingress.kubernetes.io/server-group-id',
  },
  'BOUND-GROUP-MISSING': {
    policy: 'warn',
    say: 'the Service is bound to server group {group}, which does not exist',
    next: 'correct annotation alb.ingress.kubernetes.io/server-group-id, or make the group; it is looked for again',
  },
  'BOUND-GROUP-TAKEN': {
    policy: 'warn',
    say: 'the Service is bound to server group {group}, which belongs to {owner}',
    next: 'bind it to another group, or take the tags of the former owner off it; it is looked at again',
  },
  'QUOTA-RULES': {
    policy: 'hold',
    say: 'the ALB holds {limit} rules; this Ingress no longer fits',
    next: 'raise the quota alb_quota_loadbalancer_rules_num or use another AlbConfig',
  },
  'LOAD-BALANCER-GONE': {
    policy: 'hold',
    say: 'the ALB {id} has been deleted outside Albeit',
    next: 'delete the AlbConfig and create it again, or remove status by deleting its record',
  },
  'LOAD-BALANCER-FAILED': {
    policy: 'retry',
    say: 'the service could not make the ALB {id}',
    next: 'nothing: another is made when it has been taken away; check the zones and the quota of ALBs if it happens again',
  },
  'LOAD-BALANCER-AMBIGUOUS': {
    policy: 'hold',
    say: 'more than one ALB carries the tags of this AlbConfig: {ids}',
    next: 'remove the tags from all but one',
  },
  BUG: { policy: 'retry', say: 'an unexpected error: {detail}', next: 'please report it with the log line' },
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof rows;

/** Every row, for generated documents and for the test that compares them with the code. */
export const errorRows: Readonly<Record<ErrorCode, Row>> = rows;

export const policyOf = (code: ErrorCode): Policy => rows[code].policy;

const fill = (text: string, facts: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, fact: string) => facts[fact] ?? whole);

/** What to say and what to do next about a code, with the facts filled in. */
export const wordsOf = (code: ErrorCode, facts: Readonly<Record<string, string>>): { readonly say: string; readonly next: string } => ({
  say: fill(rows[code].say, facts),
  next: fill(rows[code].next, facts),
});

/** An error that the program understands. Facts are fields, the original is the `cause`; secrets never stand in either. */
export class AlbeitError extends Error {
  override readonly name = 'AlbeitError';
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, facts: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(`[${code}] ${fill(rows[code].say, facts)}`, options);
    this.code = code;
    this.facts = facts;
  }

  get policy(): Policy {
    return rows[this.code].policy;
  }
}
