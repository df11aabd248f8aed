/** `docs/reference/annotations.md`, drawn from the annotation tables. */
import { type Annotation, albPrefix } from '#shared/model/annotations/annotation.ts';
import { finalActions } from '#shared/model/annotations/check-actions.ts';
import { actionKinds } from '#shared/model/annotations/custom-actions.ts';
import { conditionKinds } from '#shared/model/annotations/custom-conditions.ts';
import type { Kind } from '#shared/model/annotations/element-kind.ts';
import { topics } from '#shared/model/annotations/index.ts';
import { type Mark, marks, unreadMarks } from '#shared/model/annotations/marks.ts';
import { backendModes } from '#shared/model/backend-mode.ts';

/** A backslash counts in Markdown, but not between backticks, where none of the values has one. */
const cell = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ');
const line = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const head = (...titles: readonly string[]): string => `${line(...titles)}\n${line(...titles.map(() => '---'))}`;

const keyText = (row: Annotation<unknown>): string => row.keys.map((key) => `\`${key.replace(albPrefix, '…/')}\``).join(', ');

function defaultText(value: unknown): string {
  if (value === undefined || value === '') return '';
  if (Array.isArray(value)) return value.length === 0 ? '' : `\`${value.join(',')}\``;
  return `\`${String(value)}\``;
}

const table = (rows: readonly Annotation<unknown>[]): string =>
  [
    head('annotation', 'on', 'allowed', 'default', 'goes to', 'what it does'),
    ...rows.map((row) => line(keyText(row), row.on, row.format.allowed, defaultText(row.default), row.goesTo, row.text)),
  ].join('\n');

const markTable = (rows: readonly Mark[]): string =>
  [head('on', 'key', 'value', 'what it does'), ...rows.map((row) => line(row.where, `\`${row.key}\``, row.value, row.text))].join('\n');

const modeTable = (): string =>
  [
    head('mode', 'when (the first that holds)', 'servers', 'weight', 'AWS calls it'),
    ...Object.entries(backendModes).map(([mode, row]) => line(`\`${mode}\``, row.when, row.servers, row.weight, `${row.alias} mode`)),
  ].join('\n');

const modeText = (): string =>
  `## How endpoints become servers

An ExternalName has no endpoints and is refused. A node is a server with node ports unless a label excludes it, it belongs to the control plane,
it is a hybrid node, the autoscaler is about to remove it, or it is not Ready; a virtual node needs not be Ready. Endpoints that are ready count;
where there are none, those that still serve while they terminate. A Service of two address families is registered by its first one, with node
ports by IPv4.

${modeTable()}
`;

const quoted = (value: string | undefined): string => (value === undefined || value === '' ? '' : `\`${value}\``);

const memberTable = (kind: Kind<unknown>): string =>
  [
    head('member', 'allowed', 'default'),
    ...kind.members().map((member) => line(`\`${member.name}\``, member.allowed, member.required ? 'required' : (member.standard ?? ''))),
  ].join('\n');

const customRows: readonly (readonly string[])[] = [
  ['`…/actions.<service>`', 'a JSON list of actions', '', 'Rules.N.RuleActions'],
  ['`…/conditions.<service>`', 'a JSON list of conditions', '', 'Rules.N.RuleConditions'],
  ['`…/rule-direction.<service>`', 'Request, Response', '`Request`', 'Rules.N.Direction: a change makes a new rule'],
];

const goesTo = { actions: 'RuleActions', conditions: 'RuleConditions' } as const;

function kindText(kind: Kind<unknown>, family: keyof typeof goesTo): string {
  const [config, ...others] = kind.config;
  const also = others.length === 0 ? '' : ` (or ${others.map(quoted).join(', ')})`;
  const where = kind.directions.length === 2 ? 'requests and responses' : kind.directions.map((one) => `${one.toLowerCase()}s`).join();
  return [
    `#### ${kind.type}`,
    `${kind.text} Settings in ${quoted(config)}${also}; in rules for ${where}; ALB: ${goesTo[family]} ${kind.type}: ${kind.type}Config.`,
    memberTable(kind),
  ].join('\n\n');
}

const customText = (): string =>
  `## Rules of one Service

These end in the name of a Service and concern the paths of the Ingress whose backend has that name; a name that is no backend is told by an
Event. Names of types and members are found in any case; what is unknown is refused, and so is a number where text in quotes belongs, and the
other way round. Where the backend has the port name \`use-annotation\`, the final action comes from \`…/actions.<service>\` alone; with a port
of the Service, requests are forwarded there after the other actions. With the label \`knative.aliyun.com/ingress\` on the Ingress a single
object counts as a list of one.

${[head('annotation', 'allowed', 'default', 'goes to'), ...customRows.map((row) => line(...row))].join('\n')}

### Types of actions

A rule has one final action (${finalActions.join(', ')}), and at most one each of Rewrite, TrafficLimit, TrafficMirror and Cors. Several
InsertHeader and RemoveHeader are carried out in their order, each header once a type.

${actionKinds.map((kind) => kindText(kind, 'actions')).join('\n\n')}

### Types of conditions

Values of one condition are alternatives. Host, Path, Method, SourceIp and ResponseStatusCode are each joined with their like, the host and the
path of the rule among them; every other condition must hold on its own.

${conditionKinds.map((kind) => kindText(kind, 'conditions')).join('\n\n')}
`;

/** The whole page. */
export const annotationsPage = (): string =>
  `<!-- Generated by npm run generate from shared/model/annotations/; do not edit. -->
# Annotations

\`…/\` stands for \`${albPrefix}\`. Where several keys are listed, the first that is present is read.
A value that is not allowed holds its Ingress: what it had stays in force, its neighbours are not concerned, and an Event says what to correct.
One on a Service holds the Ingresses that use the Service. Details of what is switched off only cause a warning.
A key with this prefix that is not on this page has no effect, and an Event says so.

${topics.map((topic) => `## ${topic.title}\n\n${table(topic.rows)}\n`).join('\n')}
${modeText()}
## Labels and conditions

${markTable(marks)}

Without effect:

${markTable(unreadMarks)}

${customText()}`;
