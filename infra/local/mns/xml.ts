/**
 * Documents in and out. Reading is strict: a bare `&` or `<` in a text is what most clients get wrong, because the SDK does not escape,
 * and the service answers `MalformedXML`.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { Refusal } from './refusal.ts';

const namespace = 'http://mns.aliyuncs.com/doc/v1/';

/** A document with one root: either fields with a text each, or a list of entries (fields, or bare texts as in `ReceiptHandles`). */
export interface XmlDocument {
  readonly root: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly entries: readonly { readonly name: string; readonly fields: Readonly<Record<string, string>>; readonly text: string }[];
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true, // numeric references
});

/** What the parser gives with `preserveOrder`: one key a node, its children as a list; `#text` for text. */
type Node = Readonly<Record<string, unknown>>;

const malformed = (why: string): Refusal => new Refusal('MalformedXML', why);

const nodeName = (node: Node): string => Object.keys(node).find((key) => key !== ':@') ?? '';

const childrenOf = (node: Node): readonly Node[] => {
  const children = node[nodeName(node)];
  return Array.isArray(children) ? children : [];
};

const elementsOf = (node: Node): readonly Node[] => childrenOf(node).filter((child) => nodeName(child) !== '#text');

const textOf = (node: Node): string =>
  childrenOf(node)
    .map((child) => String(child['#text'] ?? ''))
    .join('');

/** Fields of an element; one level of nesting is taken as text, because only `MessageAttributes` nests and nothing here reads it. */
function fieldsOf(node: Node): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const child of elementsOf(node)) {
    const name = nodeName(child);
    if (elementsOf(child).length > 0 && name !== 'MessageAttributes') throw malformed(`${name} holds elements where a text is expected`);
    if (name in fields) throw malformed(`${name} is given twice`);
    fields[name] = textOf(child);
  }
  return fields;
}

const isList = (node: Node): boolean => ['Messages', 'ReceiptHandles'].includes(nodeName(node));

/** Reads a request body. Not well-formed, an unknown entity, no root, or another root than those allowed: `MalformedXML`. */
export function readDocument(body: string, roots: readonly string[]): XmlDocument {
  const valid = XMLValidator.validate(body);
  if (valid !== true) throw malformed(valid.err.msg);
  const withoutCdata = body.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/.test(withoutCdata)) throw malformed('an entity is not defined');
  const top: readonly Node[] = parser.parse(body);
  const node = top.find((one) => nodeName(one) !== '#text');
  const root = node === undefined ? '' : nodeName(node);
  if (node === undefined || !roots.includes(root)) throw malformed(`the root must be ${roots.join(' or ')}`);
  if (!isList(node)) return { root, fields: fieldsOf(node), entries: [] };
  const entries = elementsOf(node).map((child) => ({ name: nodeName(child), fields: fieldsOf(child), text: textOf(child) }));
  return { root, fields: {}, entries };
}

// A carriage return would be folded into a newline by any reader if it were not written as a reference.
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };
const escapeText = (text: string): string => text.replace(/[&<>\r]/g, (one) => escapes[one] ?? one);

export type Fields = Readonly<Record<string, string | number | undefined>>;

/** Elements for the fields that have a value, in the order given. */
export const fieldsXml = (fields: Fields): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${escapeText(String(value))}</${name}>`)
    .join('');

/** One element without the namespace, for lists. */
export const elementXml = (name: string, fields: Fields): string => `<${name}>${fieldsXml(fields)}</${name}>`;

/** A whole document; `inner` is XML already. */
export const documentXml = (root: string, inner: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><${root} xmlns="${namespace}">${inner}</${root}>`;
