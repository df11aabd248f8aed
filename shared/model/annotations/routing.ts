/** Annotations that change which paths match and where requests are sent on. */

import { variable } from '#shared/cloud/alb/defaults.ts';
import { type Annotation, albPrefix, nginxPrefix } from './annotation.ts';
import { boolean, choice, textLike } from './formats.ts';
import { rewritePathForm } from './forms.ts';

/** Every rule on another port than 443 becomes a redirect to HTTPS 443; the Ingress also gets listener HTTP 80. */
export const sslRedirect: Annotation<boolean> = {
  keys: [`${nginxPrefix}ssl-redirect`, `${albPrefix}ssl-redirect`],
  on: 'Ingress',
  format: boolean,
  default: false,
  goesTo: 'RuleActions Redirect: HTTPS, 443, 308',
  text: 'Puts the rules on listener HTTP 80 too, and answers 308 to HTTPS 443 on every port but 443. Headers, limits and CORS are kept in front of the redirect; rewriting, mirroring and final actions are not.',
};

/** Prefix paths other than `/` become regular expressions. */
export const useRegex: Annotation<boolean> = {
  keys: [`${albPrefix}use-regex`],
  on: 'Ingress',
  format: boolean,
  default: false,
  goesTo: 'RuleConditions Path: `~*` and the path',
  text: 'Reads paths of type Prefix as regular expressions, matched case-sensitively anywhere in the path. `/` stays what it is; other path types are not touched.',
};

/** Path that requests are sent on with. Empty: as they came. */
export const rewriteTarget: Annotation<string> = {
  keys: [`${albPrefix}rewrite-target`],
  on: 'Ingress',
  format: textLike(rewritePathForm.pattern, rewritePathForm.allowed),
  default: '',
  goesTo: 'RuleActions Rewrite: RewriteConfig.Path',
  text: `Rewrites the paths of rules; what goes to \`spec.defaultBackend\` goes on as it came. Also makes Prefix paths regular expressions, whose groups are \`${variable(1)}\`, \`${variable(2)}\` and so on.`,
};

/** Protocol towards the servers; written in lower case only. */
export const backendProtocol: Annotation<'http' | 'https' | 'grpc'> = {
  keys: [`${albPrefix}backend-protocol`],
  on: 'Ingress',
  format: choice('http', 'https', 'grpc'),
  default: 'http',
  goesTo: 'CreateServerGroup.Protocol',
  text: 'Protocol towards the pods. `grpc` needs HTTPS or QUIC listeners only, and a TLS section or a certificate in the AlbConfig, `https` needs HTTPS listeners. A change makes a new server group.',
};
