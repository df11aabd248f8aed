/**
 * Forms of text that ALB takes in rules, each with how it is said to a person. Annotations and the JSON in them share these. Limits are those
 * of CreateRules; what they refuse here would make the service refuse the whole batch of rules.
 */
import { requestVariables, variable } from '#shared/cloud/alb/defaults.ts';

/** Pattern source: any variable of a request. */
const variablePattern = `\\$\\{(?:${Object.keys(requestVariables).join('|')})\\}`;

/** Pattern source: a group of the regular expression of the path, 1 to 9. */
const groupPattern = '\\$\\{[1-9]\\}';

/** A pattern, and the same in words. */
export interface Form {
  readonly pattern: RegExp;
  readonly allowed: string;
}

/** Last label without digits; a leading `~` marks a regular expression. */
export const hostForm: Form = {
  pattern: /^(?=.{3,128}$)(?:~[a-z0-9.*?=~_+\\^!$&|()[\]{},:-]+|(?!\.|.*(?:^|\.)-|.*-\.)[a-z0-9.*?=~_+\\^!$&|()[\]-]*\.[a-z*?]+)$/,
  allowed:
    'a host of 3 to 128 characters, lower case, with a dot and only letters or wildcards after the last one, no hyphen at the ends of its parts (* and ? are wildcards)',
};

/** `~` and `~*` mark regular expressions. */
export const pathForm: Form = {
  pattern: /^(?=.{1,128}$)(?:~[!-~]+|\/[A-Za-z0-9$\-_.+/&~@:'*?]*)$/,
  allowed: "a path of at most 128 characters beginning with /: letters, digits and $-_.+/&~@:'*?; or ~* and a regular expression",
};

const escaped = (text: string): string => text.replace(/[$(){}]/g, '\\$&');

/** Where a redirect or rewrite leads: a host, or that of the request. */
export const targetHostForm: Form = {
  pattern: new RegExp(`^${escaped(variable('host'))}$|^(?!~)(?:${hostForm.pattern.source.slice(1, -1)})$`),
  allowed: `${hostForm.allowed}; or ${variable('host')}`,
};

/** Refuses a variable that stands twice. */
const eachOnce = '(?!.*(\\$\\{[a-z1-9]+\\}).*\\1)';

const targetPath = (groups: string): RegExp =>
  new RegExp(`^(?=.{1,128}$)${eachOnce}(?:/|${escaped(variable('path'))})(?:[A-Za-z0-9$\\-_.+/&~@:'*?]|${variablePattern}${groups})*$`);

const targetPathText = `a path of at most 128 characters beginning with / or ${variable('path')}: letters, digits, $-_.+/&~@:'*? and each variable such as ${variable('host')} once`;

/** Path of a redirect. */
export const redirectPathForm: Form = { pattern: targetPath(''), allowed: targetPathText };

/** Path of a rewrite, which may also use groups of the regular expression that matched. */
export const rewritePathForm: Form = {
  pattern: targetPath(`|${groupPattern}`),
  allowed: `${targetPathText}, or ${variable(1)} to ${variable(9)} for groups of a regular expression`,
};

/** Query of a redirect or rewrite. */
export const targetQueryForm: Form = {
  pattern: new RegExp(`^(?=.{1,128}$)${eachOnce}(?:[!$%&'()*+,\\-./0-9:;=?@^_\`a-z~]|${variablePattern})*$`),
  allowed: `at most 128 printable characters without upper case, spaces and #[]{}\\|<>", and each variable such as ${variable('query')} once`,
};

/** Header names in conditions. */
export const matchedHeaderForm: Form = {
  pattern: /^(?!(?:cookie|host)$)[A-Za-z0-9_-]{1,40}$/i,
  allowed: 'a header name of at most 40 letters, digits, - and _, not Cookie or Host',
};

/** Header names in actions, before the reserved ones are taken out. */
export const headerNameForm: Form = {
  pattern: /^[A-Za-z0-9_-]{1,40}$/,
  allowed: 'a header name of at most 40 letters, digits, - and _',
};

/** Header values in conditions. */
export const matchedValueForm: Form = {
  pattern: /^(?! )[ !#-~]{1,128}(?<! )$/,
  allowed: '1 to 128 printable characters without double quotes and without spaces around (* and ? are wildcards)',
};

/** Printable, no upper case, no space, none of `#[]{}\|<>"`. */
const pairText = (most: number, also: string): Form => ({
  pattern: new RegExp(`^(?:(?![A-Z #[\\]{}\\\\|<>"${also}])[ -~]){1,${most}}$`),
  allowed: `1 to ${most} printable characters without upper case, spaces and any of #[]{}\\|<>"${also} (* and ? are wildcards)`,
});

/** Keys of query parameters. */
export const queryKeyForm = pairText(100, '&');
/** Values of query parameters; ALB takes longer ones than its user documentation says. */
export const queryValueForm = pairText(128, '&');
/** Names and values of cookies. */
export const cookieForm = pairText(100, '&;');

/** Methods that a condition may name and that CORS may allow. */
export const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'] as const;

/** Origins of cross-origin requests. */
export const corsOriginForm: Form = {
  pattern: /^(?=.{1,128}$)(?:\*|https?:\/\/(?:\*\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?)$/,
  allowed: '* or origins such as https://shop.example.com, http://localhost:8080 or https://*.example.com',
};

/** Methods of cross-origin requests. */
export const corsMethodForm: Form = { pattern: new RegExp(`^(?:\\*|${methods.join('|')})$`), allowed: `* or ${methods.join(', ')}` };

/** Headers of cross-origin requests and of their answers. */
export const corsHeaderForm: Form = { pattern: /^(?:\*|[A-Za-z0-9_-]{1,128})$/, allowed: '* or header names' };
