/** Annotations that make an Ingress a canary of another one with the same host and path. */
import { type Annotation, albPrefix, type Format, nginxPrefix } from './annotation.ts';
import { boolean, integer, textLike } from './formats.ts';
import { cookieForm, matchedHeaderForm, matchedValueForm } from './forms.ts';

const row = <T>(key: string, format: Format<T>, fallback: T, goesTo: string, text: string): Annotation<T> => ({
  keys: [`${nginxPrefix}${key}`, `${albPrefix}${key}`],
  on: 'Ingress',
  format,
  default: fallback,
  goesTo,
  text,
});

export const canary = {
  canary: row('canary', boolean, false, 'what the other rows say', 'Marks the Ingress as a canary.'),
  /** Empty: not given. */
  byHeader: row(
    'canary-by-header',
    textLike(matchedHeaderForm.pattern, matchedHeaderForm.allowed),
    '',
    'RuleConditions Header: HeaderConfig.Key',
    'Requests with this header go to the canary. Needs `canary-by-header-value`.',
  ),
  byHeaderValue: row(
    'canary-by-header-value',
    textLike(matchedValueForm.pattern, matchedValueForm.allowed),
    '',
    'RuleConditions Header: HeaderConfig.Values',
    'The value that the header must have.',
  ),
  byCookie: row(
    'canary-by-cookie',
    textLike(cookieForm.pattern, cookieForm.allowed),
    '',
    'RuleConditions Cookie: the name, with the value `always`',
    'Requests with this cookie of the value `always` go to the canary.',
  ),
  weight: row<number | undefined>(
    'canary-weight',
    integer(0, 100),
    undefined,
    'RuleActions ForwardGroup of the stable rule: ServerGroupTuples.N.Weight',
    'Share of the requests of the stable Ingress that go to the canary, in percent. Not together with header or cookie on one Ingress.',
  ),
} as const;
