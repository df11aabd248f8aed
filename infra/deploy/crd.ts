/**
 * The CustomResourceDefinition of AlbConfig, drawn from the schema table. Fields under `config` and `listeners` may be written in any case,
 * so the API server keeps what it does not know there; the model folds the names and reports strangers.
 */
import { stringify } from 'yaml';
import * as z from 'zod';
import { configSchema, fieldFacts, listenerSchema } from '#shared/model/albconfig.ts';

type JsonSchema = Record<string, unknown>;

/** Names in another case must survive, and a required field may be written so: the model reports a missing one. */
const openObject = (schema: JsonSchema): void => {
  delete schema['additionalProperties'];
  delete schema['required'];
  schema['x-kubernetes-preserve-unknown-fields'] = true;
};

/** Structural schemas know no `anyOf` of types: a number or its text has a marker of its own, and the limits of both beside each other. */
function mergeWays(schema: JsonSchema): void {
  const ways: readonly JsonSchema[] = Array.isArray(schema['anyOf']) ? schema['anyOf'] : [];
  if (!ways.some((one) => one['type'] === 'integer')) return;
  delete schema['anyOf'];
  for (const { type: _, ...limits } of ways) Object.assign(schema, limits);
  schema['x-kubernetes-int-or-string'] = true;
}

const describe = (text: string, standard: string | undefined): string => (standard === undefined ? text : `${text} Default: ${standard}.`);

function adapt(zodSchema: z.core.$ZodType, schema: JsonSchema): void {
  if (schema['type'] === 'object') openObject(schema);
  mergeWays(schema);
  const facts = fieldFacts.get(zodSchema as z.core.$ZodType & Parameters<typeof fieldFacts.get>[0]); // the registry takes any schema
  if (facts === undefined) return;
  schema['description'] = describe(facts.text, facts.standard);
  if (facts.rule !== undefined) schema['x-kubernetes-validations'] = [{ rule: facts.rule.cel, message: facts.rule.message }];
}

function structural(schema: z.core.$ZodType, description: string): JsonSchema {
  const { $schema: _, ...drawn } = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => adapt(zodSchema, jsonSchema),
  });
  return { description, ...drawn };
}

const text = (description: string): JsonSchema => ({ type: 'string', description });

const spec: JsonSchema = {
  type: 'object',
  description: 'One ALB instance and its listeners. Ingresses choose it through their IngressClass.',
  required: ['config'],
  properties: {
    config: structural(configSchema, 'The ALB instance. May be empty: {}.'),
    listeners: {
      type: 'array',
      description: 'The listeners of the ALB. An Ingress can only use listeners that are here.',
      maxItems: 100,
      items: structural(listenerSchema, 'A listener; port and protocol are its identity.'),
    },
  },
};

/** Written by the functions; kept open, so that a newer function can tell more without a newer definition. */
const status: JsonSchema = {
  type: 'object',
  description: 'What has become of it.',
  'x-kubernetes-preserve-unknown-fields': true,
  properties: {
    loadBalancer: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: {
        id: text('Id of the ALB.'),
        dnsname: text('Name under which the ALB is reached.'),
        phase: text('Active, Configuring, Failed or Deleting.'),
      },
    },
    conditions: {
      type: 'array',
      description: 'Ready says whether everything is in force.',
      items: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { type: text('Ready.'), status: text('True or False.') },
      },
    },
  },
};

const column = (name: string, jsonPath: string, type = 'string'): JsonSchema => ({ name, type, jsonPath });

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'albconfigs.alibabacloud.com' },
  spec: {
    group: 'alibabacloud.com',
    scope: 'Cluster',
    names: { kind: 'AlbConfig', listKind: 'AlbConfigList', plural: 'albconfigs', singular: 'albconfig' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          column('ALB ID', '.status.loadBalancer.id'),
          column('DNS NAME', '.status.loadBalancer.dnsname'),
          column('PHASE', '.status.loadBalancer.phase'),
          column('READY', '.status.conditions[?(@.type=="Ready")].status'),
          column('AGE', '.metadata.creationTimestamp', 'date'),
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'An Application Load Balancer of Alibaba Cloud, for Ingresses.',
            required: ['spec'],
            properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, spec, status },
          },
        },
      },
    ],
  },
};

/** The manifest as YAML, to be applied before any AlbConfig. */
export const crdYaml = (): string =>
  `# Generated by npm run generate from shared/model/albconfig.ts; do not edit.\n${stringify(definition, { lineWidth: 120, aliasDuplicateObjects: false })}`;
