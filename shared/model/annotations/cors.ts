/** Annotations for cross-origin requests; they have an effect when `enable-cors` is true. */
import { type Annotation, albPrefix, type Format } from './annotation.ts';
import { boolean, listOf } from './formats.ts';
import { corsHeaderForm, corsMethodForm, corsOriginForm, type Form } from './forms.ts';

const row = <T>(key: string, format: Format<T>, fallback: T, goesTo: string, text: string): Annotation<T> => ({
  keys: [`${albPrefix}${key}`],
  on: 'Ingress',
  format,
  default: fallback,
  goesTo: `RuleActions Cors: ${goesTo}`,
  text,
});

/** ALB CorsConfig.MaxAge. */
const maxAge: Format<number> = {
  type: 'integer',
  allowed: 'an integer from -1 to 172800',
  parse: (text) => (/^-?\d{1,6}$/.test(text) && Number(text) >= -1 && Number(text) <= 172_800 ? Number(text) : undefined),
};

const several = ({ pattern, allowed }: Form) => listOf(pattern, `${allowed}, separated by commas`);
const origins = several(corsOriginForm);
const methods = several(corsMethodForm);
const headers = several(corsHeaderForm);
/** None is what holds without the annotation, and may be said. */
const noneOrHeaders: Format<readonly string[]> = {
  ...headers,
  allowed: `${headers.allowed}; or nothing`,
  parse: (text) => (text === '' ? [] : headers.parse(text)),
};

export const cors = {
  enabled: row('enable-cors', boolean, false, 'the action', 'Answers preflight requests and adds the headers of cross-origin answers.'),
  allowOrigin: row('cors-allow-origin', origins, ['*'], 'CorsConfig.AllowOrigin', 'Origins that may ask.'),
  allowMethods: row(
    'cors-allow-methods',
    methods,
    ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'],
    'CorsConfig.AllowMethods',
    'Methods that they may use.',
  ),
  allowHeaders: row(
    'cors-allow-headers',
    headers,
    [
      'DNT',
      'X-CustomHeader',
      'Keep-Alive',
      'User-Agent',
      'X-Requested-With',
      'If-Modified-Since',
      'Cache-Control',
      'Content-Type',
      'Authorization',
    ],
    'CorsConfig.AllowHeaders',
    'Request headers that they may send.',
  ),
  exposeHeaders: row<readonly string[]>(
    'cors-expose-headers',
    noneOrHeaders,
    [],
    'CorsConfig.ExposeHeaders',
    'Answer headers that scripts may read.',
  ),
  allowCredentials: row(
    'cors-allow-credentials',
    boolean,
    true,
    'CorsConfig.AllowCredentials',
    'Whether cookies may be sent. Browsers refuse it together with the origin `*`.',
  ),
  maxAge: row('cors-max-age', maxAge, 172_800, 'CorsConfig.MaxAge', 'Seconds that a preflight answer may be kept.'),
} as const;
