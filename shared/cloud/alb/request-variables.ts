/** What ALB fills into redirects and rewrites from the request: `${host}` and the like, and `${1}` for groups of a regular expression. */

/** The variable as it is written. */
export const variable = (name: string | number): string => `\${${name}}`;

const names = ['protocol', 'host', 'port', 'path', 'query'] as const;

/** Each variable of a request as it is written; the default of the member of the same name. */
export const requestVariables: Readonly<Record<(typeof names)[number], string>> = {
  protocol: variable('protocol'),
  host: variable('host'),
  port: variable('port'),
  path: variable('path'),
  query: variable('query'),
};

/** Pattern source: any variable of a request. */
export const variablePattern = `\\$\\{(?:${names.join('|')})\\}`;

/** Pattern source: a group of the regular expression of the path, 1 to 9. */
export const groupPattern = '\\$\\{[1-9]\\}';
