/** The import order of the project: each folder may import only from itself and from what stands below it. */
const layer = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^(functions|shared|infra|events|test)/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', comment: 'A cycle has no bottom to start reading from.', from: {}, to: { circular: true } },
    layer('contract-is-the-bottom', '^events/contract/', ['^events/contract/'], 'The message contract imports zod only.'),
    layer(
      'model-is-pure',
      '^shared/(model|plan)/',
      [
        '^shared/(model|plan)/',
        '^shared/[^/]+\\.ts$',
        '^shared/kube/port\\.ts$',
        '^shared/cloud/[a-z]+/(port|defaults|actions)\\.ts$',
        '^events/contract/',
      ],
      'No I/O in model and plan; types and defaults of ports and the table of actions are data.',
    ),
    layer(
      'shared-knows-no-function',
      '^shared/',
      ['^shared/', '^events/contract/'],
      'Shared code knows no function, no forwarder, no infrastructure.',
    ),
    layer(
      'functions-do-not-import-each-other',
      '^functions/([^/]+)/',
      ['^functions/$1/', '^shared/', '^events/contract/'],
      'Functions never import each other.',
    ),
    layer('forwarder', '^events/forwarder/', ['^events/', '^shared/'], 'The forwarder stands on events and shared.'),
    layer('infra', '^infra/', ['^infra/', '^functions/', '^shared/', '^events/'], 'Product code never imports test.'),
    {
      name: 'sdk-only-in-adapters',
      severity: 'error',
      comment: 'SDK packages are known to the adapters alone.',
      from: { path: '^(functions|shared|events)/', pathNot: ['^shared/cloud/', '^shared/kube/'] },
      to: { path: 'node_modules/(@alicloud|@darabonba|@kubernetes)/' },
    },
    {
      name: 'pure-has-no-node',
      severity: 'error',
      comment: 'Model and plan hash, and do nothing else with the machine.',
      from: { path: '^shared/(model|plan)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js', '.json'] },
  },
};
